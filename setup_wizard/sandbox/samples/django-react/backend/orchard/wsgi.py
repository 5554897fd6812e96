"""The WSGI application."""
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchard.settings.production")

application = get_wsgi_application()
