from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "jmap.mail"
    label = "mail"

    def ready(self) -> None:
        from accounts.provision import access_changed, account_made
        from jmap.core import blobs
        from jmap.core.capabilities import register_method
        from jmap.core.datatype import register
        from jmap.core.states import heralds
        from jmap.mail import arrivals, junk, provision
        from jmap.mail.capability import MAIL
        from jmap.mail.email import Email
        from jmap.mail.email_import import email_import
        from jmap.mail.email_parse import email_parse
        from jmap.mail.mail_blobs import read_part, referred
        from jmap.mail.mailbox import Mailbox
        from jmap.mail.search_snippet import search_snippet_get
        from jmap.mail.thread import Thread
        from jmap.mail.vacation import VacationResponse

        for kind in (Mailbox(), Thread(), Email(), VacationResponse()):
            register(kind)
        register_method(MAIL, "Email/import", email_import)
        register_method(MAIL, "Email/parse", email_parse)
        register_method(MAIL, "SearchSnippet/get", search_snippet_get)
        heralds["Email"] = "EmailDelivery"  # RFC 8621 §1.5
        blobs.referrers.append(referred)
        blobs.keepers.append(arrivals.referred)
        blobs.keepers.append(junk.referred)
        blobs.part_readers.append(read_part)
        account_made.connect(provision.make_mailboxes)
        access_changed.connect(provision.note_access_change)
