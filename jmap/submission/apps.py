from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "jmap.submission"
    label = "submission"

    def ready(self) -> None:
        from jmap.core import blobs
        from jmap.submission.queue import referred

        blobs.keepers.append(referred)
