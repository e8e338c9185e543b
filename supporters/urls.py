from django.urls import path

from . import kept_file, private_page, views

app_name = "supporters"
urlpatterns = [
    path("send/", views.send, name="send"),
    path("send/recorder/", views.recorder, name="recorder"),
    path("send/file/<str:token>/", kept_file.kept_file, name="kept-file"),
    path("mine/<str:key>/", private_page.mine, name="mine"),
    path("mine/<str:key>/edit/", private_page.edit, name="edit"),
    path("mine/<str:key>/outlets/", private_page.outlets, name="outlets"),
    path("mine/<str:key>/withdraw/", private_page.withdraw, name="withdraw"),
    path("mine/<str:key>/key.txt", private_page.key_file, name="key-file"),
    path("mine/<str:key>/stop/", private_page.stop, name="stop"),
]
