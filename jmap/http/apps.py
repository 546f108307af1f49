from django.apps import AppConfig


class HttpConfig(AppConfig):
    name = "jmap.http"
    label = "http"
