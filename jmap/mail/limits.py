"""The limits of RFC 8621 §1.3.1 and those of our own."""

MAILBOXES_PER_EMAIL = 1000
MAILBOX_DEPTH = 20
MAILBOX_NAME = 255  # octets
MAILBOXES = 10_000  # in an account
KEYWORDS_PER_EMAIL = 500
ATTACHMENTS_SIZE = 50_000_000  # octets of all blobs attached to one Email
MIME_DEPTH = 50
VACATION_SUBJECT = 500  # octets
VACATION_BODY = 100_000  # octets of each of text and HTML: RFC 3834 §3.2 wants responses brief
