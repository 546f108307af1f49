from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "jmap.delivery"
    label = "delivery"
