"""Writing: the page with the letter, and what its buttons do."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from jmap.client import Client, RequestError
from webmail import frame, replies
from webmail.access import mail_view
from webmail.actions import apply
from webmail.letters import File, Letter, Unusable, read_letter
from webmail.mailboxes import Mailboxes, read_mailboxes
from webmail.people import suggest
from webmail.sending import drafts_of, read_identities, save, send, take_back
from webmail.toast import leave_toast
from webmail.views.deeds import back
from webmail.views.pages import list_page

Wire = dict[str, Any]
RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp")


@mail_view
def compose(request: HttpRequest, client: Client, key: str) -> HttpResponseBase:
    """A new letter, an answer (?reply=ID, &all=1), a forwarded one (?forward=ID) or a draft (?draft=ID)."""
    identities = read_identities(client)
    if not identities:
        leave_toast(request, "This account has no address to send from.")
        return redirect("mail-home")
    return letter_page(request, client, key, begun(request, client, identities), identities)


def begun(request: HttpRequest, client: Client, identities: list[Wire]) -> Letter:
    """The letter that the address asks for. Raises Http404 where what it is about is gone."""
    asked = request.GET
    about = asked.get("reply") or asked.get("forward") or asked.get("draft")
    if not about:
        given = (asked.get(name, "")[:5000] for name in ("to", "cc", "bcc", "subject", "body"))
        return replies.new_letter(identities[0], *given)
    original = replies.read_original(client, about)
    if original is None:
        raise Http404
    if asked.get("reply"):
        return replies.reply(original, identities, to_all=asked.get("all") == "1")
    return (replies.forward if asked.get("forward") else replies.continued)(original, identities)


def letter_page(
    request: HttpRequest, client: Client, key: str, letter: Letter, identities: list[Wire], error: str = ""
) -> HttpResponseBase:
    """The list with the letter beside it."""

    def address(file: File) -> str:
        return frame.image_address(request, client.caller.user_id, client.account_id, file.blob_id, file.type)

    shown = replace(letter, body=replies.editable_html(letter, address)) if letter.is_html else letter
    return list_page(
        request, client, key, letter=shown, identities=identities, error=error, times=send_times()
    )  # fmt: skip


def send_times() -> list[tuple[str, str]]:
    """(local time for the form, words) of the usual moments to send later."""
    now = timezone.localtime()
    evening = now.replace(hour=18, minute=0, second=0, microsecond=0)
    tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    monday = tomorrow + timedelta(days=(7 - tomorrow.weekday()) % 7)
    found = [("This evening", evening)] if now < evening - timedelta(minutes=30) else []
    found += [("Tomorrow morning", tomorrow)]
    found += [("Monday morning", monday)] if monday != tomorrow else []
    return [(f"{moment:%Y-%m-%dT%H:%M}", f"{words}, {moment:%H:%M}") for words, moment in found]


@require_POST
@mail_view
def write(request: HttpRequest, client: Client) -> HttpResponseBase:
    """`action`: save (also unasked, by the page's script: `quiet`), send, later (with `at`), or discard."""
    identities, mailboxes = read_identities(client), read_mailboxes(client)
    letter = read_letter(request.POST, client.caller.login)
    act, key = ACTIONS.get(request.POST.get("action", "save")), request.POST.get("place", "")
    if act is None:
        raise Http404
    try:
        letter = with_uploads(request, client, letter)
        return act(request, client, letter, identities, mailboxes)
    except (Unusable, RequestError) as error:
        said = str(error)
    if request.POST.get("quiet"):
        return JsonResponse({"error": said}, status=422)
    return letter_page(request, client, key, letter, identities, said)


def with_uploads(request: HttpRequest, client: Client, letter: Letter) -> Letter:
    """Files that came with the form itself, as they do without scripts. Raises RequestError."""
    for upload in request.FILES.getlist("upload"):
        letter = letter.with_file(store(client, upload))
    return letter


def store(client: Client, upload: Any) -> File:
    kept = client.upload(upload.file)
    return File(kept["blobId"], upload.name or "", upload.content_type or "application/octet-stream", kept["size"])


def do_save(
    request: HttpRequest, client: Client, letter: Letter, identities: list[Wire], mailboxes: Mailboxes
) -> HttpResponseBase:
    saved = save(client, letter, identities, mailboxes)
    if request.POST.get("quiet"):
        return JsonResponse({"draft": saved.draft, "saved": f"{timezone.localtime():%H:%M}"})
    return redirect(f"/mail/{request.POST.get('place') or 'starred'}/compose?draft={saved.draft}")


def do_send(
    request: HttpRequest, client: Client, letter: Letter, identities: list[Wire], mailboxes: Mailboxes
) -> HttpResponseBase:
    submission = send(client, letter, identities, mailboxes)
    leave_toast(request, "Sent.", unsend=submission)
    return back(request)


def do_send_later(
    request: HttpRequest, client: Client, letter: Letter, identities: list[Wire], mailboxes: Mailboxes
) -> HttpResponseBase:
    at = later(request.POST.get("at", ""))
    submission = send(client, letter, identities, mailboxes, at=at)
    leave_toast(request, f"It will be sent on {timezone.localtime(at):%A %d %B, %H:%M}.", unsend=submission)
    return back(request)


def later(text: str) -> datetime:
    """The moment in a datetime-local field. Raises Unusable."""
    try:
        moment = timezone.make_aware(datetime.fromisoformat(text)) if text else None
    except ValueError:
        moment = None
    if moment is None:
        raise Unusable("Choose when it is to be sent.")
    if moment <= timezone.now():
        raise Unusable("That moment is past. Choose a later one.")
    return moment


def do_discard(
    request: HttpRequest, client: Client, letter: Letter, identities: list[Wire], mailboxes: Mailboxes
) -> HttpResponseBase:
    """Into the trash if it was ever kept: nothing written is lost by one click."""
    trash, drafts = mailboxes.with_role("trash"), mailboxes.with_role("drafts")
    kept = drafts_of(client, letter, drafts.id) if trash and drafts else []
    if kept and trash and drafts:
        refused = apply(client, {id: {"mailboxIds": {trash.id: True}} for id in kept})
        before = {id: {"mailboxIds": {drafts.id: True}} for id in kept if id not in refused}
        leave_toast(request, "The draft is in the Trash." if before else "The draft could not be moved.", before)
    return back(request)


ACTIONS = {"save": do_save, "send": do_send, "later": do_send_later, "discard": do_discard}


@require_POST
@mail_view
def unsend(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Take a letter back, and open it again."""
    email = take_back(client, request.POST.get("submission", ""), read_mailboxes(client))
    if email is None:
        leave_toast(request, "It is too late: the letter is on its way.")
        return back(request)
    leave_toast(request, "Taken back. Nobody has got it.")
    return redirect(f"/mail/{request.POST.get('place') or 'starred'}/compose?draft={email}")


@require_POST
@mail_view
def upload(request: HttpRequest, client: Client) -> HttpResponseBase:
    """One file, sent by the page's script: what the form then says of it."""
    given = request.FILES.get("upload")
    if given is None:
        return JsonResponse({"error": "There was no file."}, status=422)
    try:
        file = store(client, given)
    except RequestError as error:
        return JsonResponse({"error": error.detail}, status=422)
    if request.POST.get("inline") and file.type in RASTER:
        file = replace(file, cid=f"{file.blob_id[:24]}@posthorn")
    address = frame.image_address(request, client.caller.user_id, client.account_id, file.blob_id, file.type)
    return JsonResponse({"packed": file.packed, "name": file.name, "size": file.size, "address": address})


@mail_view
def people(request: HttpRequest, client: Client) -> HttpResponse:
    """Who one might mean by what is typed."""
    found = suggest(client, request.GET.get("q", "")[:100])
    return JsonResponse({"people": found}, headers={"Cache-Control": "private, max-age=60"})
