from django.urls import path

from . import views

app_name = "replies"
urlpatterns = [
    path("<str:slug>/concern/", views.concern, name="concern"),
]
