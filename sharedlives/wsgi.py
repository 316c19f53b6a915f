import os

from django.core.wsgi import get_wsgi_application

from sharedlives.foundation import patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sharedlives.settings")

application = get_wsgi_application()
patience.answer_in_time()
