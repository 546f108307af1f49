"""The one page of the webmail: mailboxes, conversations, and the conversation that is open."""

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
    words = request.GET.get("q", "").strip()[:500]
    if key == "search" and not words:
        return redirect("mail-home")
    mailboxes = read_mailboxes(client)
    place = find_place(key, words, mailboxes)
    if place is None:
        raise Http404
    position = position_of(request)
    conversation = read_conversation(client, thread, place, mailboxes) if thread else None
    if thread and conversation is None:
        raise Http404
    shown = {"place": place, "mailboxes": mailboxes, "conversation": conversation, "position": position}
    more = {
        "listing": read_listing(client, place, position),
        "toast": take_toast(request),
        "login": client.caller.login,
    }
    page = render(request, "webmail/mail.html", {**shown, **more, "words": words})
    page.headers["Cache-Control"] = "private, no-store"
    return page


def position_of(request: HttpRequest) -> int:
    text = request.GET.get("from", "")
    return min(int(text), FARTHEST) if text.isascii() and text.isdigit() and len(text) < 12 else 0
