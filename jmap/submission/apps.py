from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "jmap.submission"
    label = "submission"

    def ready(self) -> None:
        from accounts.provision import access_changed, addresses_changed
        from jmap.core import blobs
        from jmap.core.datatype import register
        from jmap.core.doorbell import bells
        from jmap.core.sweeps import Sweep, sweeps
        from jmap.mail import integrity
        from jmap.submission import news, provision, queue, results, tasks, upkeep
        from jmap.submission.email_submission import EmailSubmission
        from jmap.submission.identity import Identity
        from jmap.submission.integrity import SUBMISSIONS, check_submissions

        for kind in (Identity(), EmailSubmission()):
            register(kind)
        blobs.keepers.append(queue.referred)
        blobs.referrers.append(results.referred)
        addresses_changed.connect(provision.follow_addresses)
        access_changed.connect(provision.note_access_change)
        integrity.CHECKS.append(check_submissions)
        integrity.EXISTING["EmailSubmission"] = SUBMISSIONS
        bells[queue.BELL] = tasks.send_due.delay
        sweeps["queue"] = Sweep(5, upkeep.ring_for_due)
        sweeps["news of deliveries"] = Sweep(30, news.tell_the_rest)
        sweeps["finished deliveries"] = Sweep(3600, upkeep.forget)
