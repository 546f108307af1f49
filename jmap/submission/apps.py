from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "jmap.submission"
    label = "submission"

    def ready(self) -> None:
        from accounts.provision import access_changed, addresses_changed
        from jmap.core import blobs
        from jmap.core.datatype import register
        from jmap.mail import integrity
        from jmap.submission import provision, queue, results
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
