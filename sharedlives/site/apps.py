from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "sharedlives.site"
    verbose_name = "The site"

    def ready(self):
        from . import roles

        roles.connect()
