"""The trace that final delivery leaves on a message (RFC 5321 §4.4)."""

from datetime import UTC, datetime
from email.utils import format_datetime

from jmap.submission.relay.letter import path


def traced(octets: bytes, sender: str, recipients: list[str], host: str) -> bytes:
    """With Return-Path and Received. Nobody is told of other recipients."""
    to = f"\r\n for <{path(recipients[0])}>" if len(recipients) == 1 else ""
    fields = f"Return-Path: <{path(sender)}>\r\nReceived: by {host}{to};\r\n {format_datetime(datetime.now(UTC))}\r\n"
    return fields.encode() + octets
