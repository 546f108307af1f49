"""The one page of the webmail: mailboxes, conversations, and the conversation that is open."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from jmap.client import Client
from webmail.access import mail_view
from webmail.conversations import read_conversation
from webmail.listing import read_listing
from webmail.mailboxes import read_mailboxes
from webmail.places import find_place
from webmail.toast import take_toast

FARTHEST = 10**9


@mail_view
def home(request: HttpRequest, client: Client) -> HttpResponseBase:
    """To the inbox, or the first mailbox there is."""
    mailboxes = read_mailboxes(client)
    first = mailboxes.with_role("inbox") or next(iter(mailboxes.tree), None)
    return redirect(f"/mail/{first.id if first else 'starred'}/")


@mail_view
def mail(request: HttpRequest, client: Client, key: str, thread: str = "") -> HttpResponseBase:
    if key == "search" and not words_of(request):
        return redirect("mail-home")
    return list_page(request, client, key, thread)


def list_page(request: HttpRequest, client: Client, key: str, thread: str = "", **more: Any) -> HttpResponseBase:
    """The list of a place, and beside it a conversation, or what `more` holds. Raises Http404."""
    mailboxes = read_mailboxes(client)
    place = find_place(key, words_of(request), mailboxes)
    if place is None:
        raise Http404
    position = position_of(request)
    conversation = read_conversation(client, thread, place, mailboxes) if thread else None
    if thread and conversation is None:
        raise Http404
    shown = {
        "place": place, "mailboxes": mailboxes, "conversation": conversation, "position": position,
        "listing": read_listing(client, place, position), "toast": take_toast(request),
        "login": client.caller.login, "words": place.words,
    }  # fmt: skip
    page = render(request, "webmail/mail.html", shown | more)
    page.headers["Cache-Control"] = "private, no-store"
    return page


def words_of(request: HttpRequest) -> str:
    return (request.GET.get("q") or request.POST.get("q") or "").strip()[:500]


def position_of(request: HttpRequest) -> int:
    text = request.GET.get("from", "")
    return min(int(text), FARTHEST) if text.isascii() and text.isdigit() and len(text) < 12 else 0
