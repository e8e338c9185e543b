"""Two answers for whoever watches the machine: alive, and able to work."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from supporters import storing
from supporters.media import sandbox


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Database and stores answer too; names the protection under which files are decoded."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database: no answer\n", content_type="text/plain", status=503)
    try:
        storing.private().check()
        storing.public().check()
    except OSError:
        return HttpResponse("storage: no answer\n", content_type="text/plain", status=503)
    return HttpResponse(f"ok\nsandbox: {sandbox.level()}\n", content_type="text/plain")
