from django.apps import AppConfig


class HttpConfig(AppConfig):
    name = "jmap.http"
    label = "http"

    def ready(self) -> None:
        from jmap.http import capability  # noqa: F401  announces what this floor adds to the Session
