from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401  tasks of all apps belong to this application
