"""A believable mailbox for the first look: Robin Hale, who makes exhibitions in a small museum by the sea."""

from datetime import datetime

from . import conversations, mailing_list, notices, private, world
from .letter import OWNER, OWNER_ADDRESS, DemoMessage, compose_all, today

__all__ = ["OWNER", "OWNER_ADDRESS", "DemoMessage", "messages"]


def messages(now: datetime | None = None) -> list[DemoMessage]:
    """All of it, oldest first, with dates up to `now` (an aware datetime; by default this moment)."""
    letters = [
        *conversations.LETTERS,
        *mailing_list.LETTERS,
        *private.LETTERS,
        *world.letters(),
        *notices.letters(now or today()),
    ]
    return compose_all(letters, now or today())
