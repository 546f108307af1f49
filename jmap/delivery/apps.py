from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "jmap.delivery"
    label = "delivery"

    def ready(self) -> None:
        from django.conf import settings

        from jmap.core.doorbell import bells
        from jmap.core.sweeps import Sweep, sweeps
        from jmap.delivery import claims, junk_reports, tasks, vacation_reply
        from jmap.mail import arrivals, junk

        bells[arrivals.BELL] = tasks.file_arrival.delay
        sweeps["arrivals"] = Sweep(5, claims.sweep)
        if settings.RSPAMD_CONTROLLER_URL:
            bells[junk.BELL] = tasks.report_junk.delay
            sweeps["junk reports"] = Sweep(60, junk_reports.sweep)
        sweeps["vacation answers"] = Sweep(3600, vacation_reply.forget_answers)
