from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "jmap.submission"
    label = "submission"

    def ready(self) -> None:
        from jmap.core import blobs
        from jmap.submission import queue, results

        blobs.keepers.append(queue.referred)
        blobs.referrers.append(results.referred)
