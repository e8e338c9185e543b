from django.urls import path

from . import media, robots, saved_views, views
from .finding.views import find

app_name = "wall"
urlpatterns = [
    path("", views.root, name="root"),
    path("favicon.ico", views.no_icon),
    path("robots.txt", robots.robots),
    path("sitemap.xml", robots.sitemap),
    path("sitemap-<int:number>.xml", robots.sitemap_part),
    path("media/<str:token>/<str:name>", media.media, name="media"),
    path("<language:language>", views.language_root),
    path("<language:language>/", views.page, name="front"),
    path("<language:language>/find/", find, name="find"),
    path("<language:language>/booklet/", saved_views.booklet, name="booklet"),
    path("<language:language>/m/<slug:slug>/letters.html", saved_views.saved_letter, name="saved-letter"),
    path("<language:language>/<path:path>", views.page, name="page"),
]
