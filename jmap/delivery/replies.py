"""What the server says: reply codes (RFC 5321 §4.2) with enhanced status codes (RFC 3463, RFC 5248)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; `text` may have several lines. The status stands before each (RFC 2034 §4), except where it is ""."""

    code: int
    status: str
    text: str

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    def octets(self) -> bytes:
        status = f"{self.status} " if self.status else ""
        lines = self.text.split("\n")
        marks = ["-"] * (len(lines) - 1) + [" "]
        return "".join(f"{self.code}{mark}{status}{line}\r\n" for mark, line in zip(marks, lines, strict=True)).encode()


class Refusal(Exception):  # noqa: N818
    """A command that is not carried out, and the reply that says why."""

    def __init__(self, code: int, status: str, text: str) -> None:
        super().__init__(text)
        self.reply = Reply(code, status, text)


class Hangup(Exception):  # noqa: N818
    """Say this and close the connection."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


OK = Reply(250, "2.0.0", "OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
SEND_IT = Reply(354, "", "Send the message; end it with <CRLF>.<CRLF>")
BYE = Reply(221, "2.0.0", "Goodbye")
READY_FOR_TLS = Reply(220, "2.0.0", "Go ahead")
NOT_VERIFIED = Reply(252, "2.5.0", "Try to send it; addresses are checked then")

STOPPING = Reply(421, "4.3.2", "This server is going down; try again soon")
IDLE = Reply(421, "4.4.2", "Nothing came for too long")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors")
TROUBLE = Reply(451, "4.3.0", "Something is wrong here; try again later")
BAD_LINE = Reply(521, "5.5.2", "Lines end with CRLF, and there is no other CR or LF")
LONG_LINE = Reply(500, "5.5.2", "The line is too long")
NOT_SMTP = Reply(521, "5.5.1", "This is a mail server")
TOO_LARGE = Reply(552, "5.3.4", "The message is larger than this server takes")
NO_SPACE = Reply(452, "4.3.1", "No space here at the moment; try again later")
