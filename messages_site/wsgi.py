"""The WSGI entry point; `messages_site.front` calls it for everything that is not a published file."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "messages_site.settings")
application = get_wsgi_application()
