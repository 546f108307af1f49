"""Everything that changes mail; POST only, then back to where one was."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from jmap.client import Client
from webmail.access import mail_view
from webmail.actions import DONE, Impossible, act, apply, describe
from webmail.mailboxes import read_mailboxes
from webmail.places import find_place
from webmail.toast import leave_toast, take_undo

MOST = 200  # conversations at once


@require_POST
@mail_view
def deed(request: HttpRequest, client: Client) -> HttpResponseBase:
    """`action` on every `thread`; or `one`, "action thread", for a single one whatever else is selected."""
    action, threads = asked(request)
    mailboxes = read_mailboxes(client)
    place = find_place(request.POST.get("place", ""), request.POST.get("q", "")[:500], mailboxes)
    if action not in DONE or place is None:
        raise Http404
    if not threads:
        leave_toast(request, "Select a conversation first.")
        return back(request)
    target = request.POST.get("target", "")
    try:
        done = act(client, action, threads, place, mailboxes, target)
    except Impossible as error:
        leave_toast(request, str(error))
        return back(request)
    if not request.POST.get("quiet"):
        leave_toast(request, describe(action, len(threads), done, mailboxes.find(target)), done.before)
    return back(request)


def asked(request: HttpRequest) -> tuple[str, list[str]]:
    if one := request.POST.get("one"):
        action, _, thread = one.partition(" ")
        return action, [thread]
    return request.POST.get("action", ""), list(dict.fromkeys(request.POST.getlist("thread")))[:MOST]


@require_POST
@mail_view
def undo(request: HttpRequest, client: Client) -> HttpResponseBase:
    before = take_undo(request, request.POST.get("token", ""))
    if before is None:
        leave_toast(request, "That can no longer be undone.")
    else:
        refused = apply(client, before)
        leave_toast(request, f"Undone, but for {len(refused)} messages." if refused else "Undone.")
    return back(request)


def back(request: HttpRequest) -> HttpResponseBase:
    wanted = request.POST.get("next", "")
    safe = wanted.startswith("/mail/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return redirect(wanted if safe else "mail-home")
