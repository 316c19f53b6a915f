from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "sharedlives.foundation"
    verbose_name = "The charity"
