from django.urls import path

from . import media, views
from .finding.views import find

app_name = "wall"
urlpatterns = [
    path("", views.root, name="root"),
    path("favicon.ico", views.no_icon),
    path("media/<str:token>/<str:name>", media.media, name="media"),
    path("<language:language>", views.language_root),
    path("<language:language>/", views.page, name="front"),
    path("<language:language>/find/", find, name="find"),
    path("<language:language>/<path:path>", views.page, name="page"),
]
