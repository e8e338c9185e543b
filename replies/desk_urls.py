from django.urls import path

from . import desk

app_name = "replies_desk"
urlpatterns = [
    path("", desk.concerns, name="concerns"),
]
