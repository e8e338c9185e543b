from django.urls import path, re_path

from . import views

app_name = "moderation"
urlpatterns = [
    path("", views.waiting_list, name="queue"),
    re_path(r"^(?P<name>asked|published|declined)/$", views.decided_list, name="decided"),
    path("<slug:slug>/", views.review, name="review"),
    path("<slug:slug>/media/<str:name>", views.media, name="media"),
]
