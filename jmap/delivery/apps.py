from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "jmap.delivery"
    label = "delivery"

    def ready(self) -> None:
        from jmap.core.doorbell import bells
        from jmap.core.sweeps import Sweep, sweeps
        from jmap.delivery import claims, tasks, vacation_reply
        from jmap.mail import arrivals

        bells[arrivals.BELL] = tasks.file_arrival.delay
        sweeps["arrivals"] = Sweep(5, claims.sweep)
        sweeps["vacation answers"] = Sweep(3600, vacation_reply.forget_answers)
