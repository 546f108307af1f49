"""One user learns nothing of another's account: what is somebody else's answers exactly as what does not exist."""

import io
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import orjson
import pytest

from accounts.provision import add_account, grant
from jmap.client import Client
from jmap.core import dispatch
from jmap.core.capabilities import capabilities
from jmap.core.request import parse
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles

Wire = dict[str, Any]
LETTER = (
    b"Message-ID: <secret@bob.test>\r\nFrom: bob@bob.test\r\nSubject: Secret plan\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsecret words\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: inner secret\r\n\r\nvery secret\r\n--b--\r\n"
)
WITHOUT_ACCOUNT = ("Core/echo", "PushSubscription/get", "PushSubscription/set")  # RFC 8620 §4, §7.2
METHODS = sorted({name for each in capabilities.values() for name in each.methods} - set(WITHOUT_ACCOUNT))


@dataclass(frozen=True)
class Target:
    """What a stranger may try to reach by its name."""

    account: str = "a999999999"
    email: str = "e999999"
    thread: str = "t999999"
    mailbox: str = "m999999"
    email_state: str = "1-abcdef-7"
    mailbox_state: str = "1-abcdef-8"
    thread_state: str = "1-abcdef-9"
    blob: str = "b" + "0" * 64
    part: str = "b" + "0" * 64 + "-2"

    def hide(self, text: str) -> str:
        """The text with every name of ours as the name of what it is."""
        for name, value in sorted(asdict(self).items(), key=lambda pair: -len(pair[1])):
            text = re.sub(rf"\b{re.escape(value)}\b", f"<{name}>", text)
        return text


ABSENT = Target()


@pytest.fixture
def secret(bob: Person) -> Target:
    """Bob's; its ids are beyond those that another account has reached."""
    jmap = bob.jmap
    mailbox = [make_mailbox(jmap, f"Crate {at}") for at in range(3)][-1]
    blob = jmap.upload(io.BytesIO(LETTER))["blobId"]
    answer = jmap.call("Email/import", emails={"new": {"blobId": blob, "mailboxIds": {mailbox: True}}})
    email = answer["created"]["new"]
    emails, mailboxes, threads = (jmap.call(f"{kind}/get", ids=[])["state"] for kind in ("Email", "Mailbox", "Thread"))
    return Target(
        jmap.account_id, email["id"], email["threadId"], mailbox, emails, mailboxes, threads, blob, f"{blob}-2"
    )


def arguments(method: str) -> Wire:
    """Arguments that the method takes, beside accountId."""
    verb = method.split("/")[1]
    if method == "Blob/copy":
        return {"blobIds": [ABSENT.blob]}
    return {
        "get": {"emailIds": [], "filter": None} if method.startswith("SearchSnippet") else {"ids": []},
        "changes": {"sinceState": "1-0-0"},
        "queryChanges": {"sinceQueryState": "1-0-0"},
        "set": {"create": {"c": {}}},
        "copy": {"create": {"c": {"id": "e1", "mailboxIds": {"m1": True}}}},
        "import": {"emails": {}},
        "parse": {"blobIds": []},
    }.get(verb, {})


@pytest.mark.parametrize("method", METHODS)
def test_another_s_account_is_no_account(jmap: Client, bob: Person, method: str) -> None:
    more = {"fromAccountId": jmap.account_id} if method.endswith("/copy") else {}
    for given in (arguments(method), {}, {"nonsense": 1}):
        foreign, absent = (
            jmap.respond((method, {**given, **more, "accountId": account}))
            for account in (bob.jmap.account_id, ABSENT.account)
        )
        assert foreign == absent and foreign[0][0] == "error"
    valid = {**arguments(method), **more, "accountId": bob.jmap.account_id}
    assert jmap.respond((method, valid))[0][1]["type"] == "accountNotFound"


@pytest.mark.parametrize("method", ["Email/copy", "Blob/copy"])
def test_nothing_is_copied_from_another_s_account(jmap: Client, secret: Target, method: str) -> None:
    foreign, absent = (
        jmap.respond((method, {**arguments(method), "fromAccountId": account}))
        for account in (secret.account, ABSENT.account)
    )
    assert foreign == absent and foreign[0][1]["type"] == "fromAccountNotFound"


def draft(**part: Any) -> Wire:
    return {"mailboxIds": {"m1": True}, "bodyStructure": {"type": "application/octet-stream", **part}}


def note(id: str) -> Wire:
    return {"blobId": id, "mailboxIds": {"m1": True}}


PROBES: dict[str, Callable[[Target], tuple[str, Wire]]] = {
    "get an email": lambda t: ("Email/get", {"ids": [t.email]}),
    "get a body": lambda t: ("Email/get", {"ids": [t.email], "properties": ["bodyValues"], "fetchAllBodyValues": True}),
    "get a thread": lambda t: ("Thread/get", {"ids": [t.thread]}),
    "get a mailbox": lambda t: ("Mailbox/get", {"ids": [t.mailbox]}),
    "get a snippet": lambda t: ("SearchSnippet/get", {"emailIds": [t.email], "filter": {"text": "secret"}}),
    "change an email": lambda t: ("Email/set", {"update": {t.email: {"keywords/$seen": True}}}),
    "move an email": lambda t: ("Email/set", {"update": {t.email: {"mailboxIds": {t.mailbox: True}}}}),
    "destroy an email": lambda t: ("Email/set", {"destroy": [t.email]}),
    "file a draft": lambda t: ("Email/set", {"create": {"c": {"mailboxIds": {t.mailbox: True}, "subject": "x"}}}),
    "attach a blob": lambda t: ("Email/set", {"create": {"c": draft(blobId=t.blob)}}),
    "attach a part": lambda t: ("Email/set", {"create": {"c": draft(blobId=t.part)}}),
    "change a mailbox": lambda t: ("Mailbox/set", {"update": {t.mailbox: {"name": "x"}}}),
    "subscribe to a mailbox": lambda t: ("Mailbox/set", {"update": {t.mailbox: {"isSubscribed": True}}}),
    "destroy a mailbox": lambda t: ("Mailbox/set", {"destroy": [t.mailbox], "onDestroyRemoveEmails": True}),
    "nest a mailbox": lambda t: ("Mailbox/set", {"create": {"c": {"name": "x", "parentId": t.mailbox}}}),
    "expect an email state": lambda t: ("Email/set", {"ifInState": t.email_state, "create": {}}),
    "expect a mailbox state": lambda t: ("Mailbox/set", {"ifInState": t.mailbox_state, "create": {}}),
    "changes of emails": lambda t: ("Email/changes", {"sinceState": t.email_state}),
    "changes of mailboxes": lambda t: ("Mailbox/changes", {"sinceState": t.mailbox_state}),
    "changes of threads": lambda t: ("Thread/changes", {"sinceState": t.thread_state}),
    "changes of a query": lambda t: ("Email/queryChanges", {"sinceQueryState": t.email_state}),
    "changes of a mailbox query": lambda t: ("Mailbox/queryChanges", {"sinceQueryState": t.mailbox_state}),
    "list a mailbox": lambda t: ("Email/query", {"filter": {"inMailbox": t.mailbox}, "calculateTotal": True}),
    "list the others": lambda t: ("Email/query", {"filter": {"inMailboxOtherThan": [t.mailbox]}}),
    "anchor at an email": lambda t: ("Email/query", {"anchor": t.email}),
    "anchor at a mailbox": lambda t: ("Mailbox/query", {"anchor": t.mailbox}),
    "list children": lambda t: ("Mailbox/query", {"filter": {"parentId": t.mailbox}}),
    "import a blob": lambda t: ("Email/import", {"emails": {"c": note(t.blob)}}),
    "import a part": lambda t: ("Email/import", {"emails": {"c": note(t.part)}}),
    "parse a blob": lambda t: ("Email/parse", {"blobIds": [t.blob, t.part, f"{t.part}-1"]}),
}  # fmt: skip


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
def test_what_is_another_s_answers_as_what_is_not_there(
    jmap: Client, secret: Target, probe: Callable[[Target], tuple[str, Wire]]
) -> None:
    foreign, absent = (target.hide(str(jmap.respond(probe(target)))) for target in (secret, ABSENT))
    assert foreign == absent and "secret" not in foreign.lower().replace("<", "")


@pytest.mark.parametrize("name", ["email", "blob"])
def test_what_is_another_s_is_not_copied_between_own_accounts(alice: Person, secret: Target, name: str) -> None:
    team = shared(alice)
    more = {"fromAccountId": alice.jmap.account_id, "accountId": team.account_id}
    found = []
    for target in (secret, ABSENT):
        copy = {"create": {"c": {"id": target.email, "mailboxIds": {"m1": True}}}, "onSuccessDestroyOriginal": True}
        call = ("Email/copy", copy) if name == "email" else ("Blob/copy", {"blobIds": [target.blob, target.part]})
        found.append(target.hide(str(team.respond((call[0], {**call[1], **more})))))
    assert found[0] == found[1] and "notFound" in found[0]


def test_a_creation_id_names_nothing_of_another(alice: Person, secret: Target) -> None:
    """A client may send createdIds of its own (RFC 8620 §3.3)."""
    answers = []
    for target in (secret, ABSENT):
        call = ["Email/set", {"accountId": alice.jmap.account_id, "update": {"#x": {"keywords/a": True}}}, "0"]
        request = {"using": list(capabilities), "methodCalls": [call], "createdIds": {"x": target.email}}
        answers.append(target.hide(dispatch.answer(alice.caller, parse(orjson.dumps(request))).decode()))
    assert answers[0] == answers[1] and "notFound" in answers[0]


def test_a_reference_to_a_refused_call_leads_nowhere(jmap: Client, secret: Target) -> None:
    query = ("Email/query", {"accountId": secret.account}, "q")
    get = ("Email/get", {"#ids": {"resultOf": "q", "name": "Email/query", "path": "/ids"}}, "g")
    assert [answer[1]["type"] for answer in jmap.respond(query, get)] == ["accountNotFound", "invalidResultReference"]


def test_the_session_names_only_what_the_user_may_use(alice: Person, secret: Target, bob: Person) -> None:
    session = alice.jmap.session()
    assert list(session["accounts"]) == [alice.jmap.account_id] and bob.email not in str(session)


FILTERS: list[tuple[Any, int]] = [
    ({"operator": "OR", "conditions": [{"text": "secret"}, {"hasKeyword": "$flagged"}]}, 0),
    ({"operator": "OR", "conditions": [{"text": "tea"}, {"text": "secret"}]}, 1),
    ({"operator": "OR", "conditions": [{"inMailbox": "m1"}, {"minSize": 0}]}, 1),
    ({"operator": "NOT", "conditions": [{"text": "tea"}]}, 0),
    ({"operator": "NOT", "conditions": [{"text": "secret"}]}, 1),
    ({"operator": "NOT", "conditions": [{"hasKeyword": "$flagged"}, {"minSize": 1000000}]}, 1),
    ({"operator": "OR", "conditions": [{"operator": "NOT", "conditions": [{"subject": "tea"}]}]}, 0),
    ({"operator": "OR", "conditions": [{"allInThreadHaveKeyword": "$seen"}, {"someInThreadHaveKeyword": "$seen"}]}, 0),
    ({"noneInThreadHaveKeyword": "$seen"}, 1),
]


@pytest.mark.parametrize(("wanted", "count"), FILTERS, ids=str)
@pytest.mark.parametrize("collapse", [False, True])
def test_no_filter_reaches_beyond_the_account(
    jmap: Client, bob: Person, wanted: Any, count: int, collapse: bool
) -> None:
    """Both accounts hold an email of the same number, in a mailbox of the same number."""
    own = import_email(jmap, roles(jmap)["inbox"])["id"]
    blob = bob.jmap.upload(io.BytesIO(LETTER))["blobId"]
    theirs = {"blobId": blob, "mailboxIds": {roles(bob.jmap)["inbox"]: True}, "keywords": {"$seen": True}}
    created = bob.jmap.call("Email/import", emails={str(at): theirs for at in range(3)})["created"]
    assert own in [email["id"] for email in created.values()]
    found = jmap.call("Email/query", filter=wanted, collapseThreads=collapse, calculateTotal=True)
    assert (found["ids"], found["total"]) == ([own] * count, count)


@pytest.mark.parametrize("operator", ["OR", "NOT"])
def test_no_filter_of_mailboxes_reaches_beyond_the_account(jmap: Client, secret: Target, operator: str) -> None:
    conditions = [{"name": "Crate"}, {"role": "nonsense"}]
    found = jmap.call("Mailbox/query", filter={"operator": operator, "conditions": conditions}, calculateTotal=True)
    assert found["total"] == len(found["ids"]) == (0 if operator == "OR" else len(roles(jmap)))


def test_the_same_message_makes_no_thread_across_accounts(jmap: Client, secret: Target) -> None:
    inbox = roles(jmap)["inbox"]
    blob = jmap.upload(io.BytesIO(LETTER))["blobId"]
    email = jmap.call("Email/import", emails={"c": {"blobId": blob, "mailboxIds": {inbox: True}}})["created"]["c"]
    thread = jmap.call("Thread/get", ids=[email["threadId"]])["list"][0]
    assert thread["emailIds"] == [email["id"]]


@pytest.fixture
def http(live_server_url: str, alice: Person) -> httpx.Client:
    headers = {"Authorization": f"Bearer {alice.app_password()}"}
    return httpx.Client(base_url=live_server_url, headers=headers, timeout=20)


def seen(response: httpx.Response) -> tuple[int, bytes, Wire]:
    return response.status_code, response.content, {**response.headers, "date": ""}


@pytest.mark.parametrize("name", ["blob", "part"])
def test_no_blob_of_another_can_be_downloaded(http: httpx.Client, alice: Person, secret: Target, name: str) -> None:
    absent = http.get(f"/jmap/download/{ABSENT.account}/{getattr(ABSENT, name)}/x")
    assert absent.status_code == 404
    for account in (secret.account, alice.jmap.account_id):
        assert seen(http.get(f"/jmap/download/{account}/{getattr(secret, name)}/x")) == seen(absent)
        assert seen(http.head(f"/jmap/download/{account}/{getattr(secret, name)}/x"))[0] == 404
        etag = {"If-None-Match": f'"{getattr(secret, name)}"'}
        assert seen(http.get(f"/jmap/download/{account}/{getattr(secret, name)}/x", headers=etag)) == seen(absent)


def test_nothing_can_be_uploaded_into_another_s_account(http: httpx.Client, secret: Target) -> None:
    foreign, absent = (http.post(f"/jmap/upload/{target.account}", content=b"x") for target in (secret, ABSENT))
    assert seen(foreign) == seen(absent) and absent.status_code == 404


def shared(*people: Person) -> Client:
    """The first person's client of an account that these share."""
    email = f"team-{people[0].email}"
    account = add_account(email)
    for person in people:
        grant(email, person.email)
    return Client(people[0].caller, f"a{account.pk}")


BLOB_PROBES = {name: probe for name, probe in PROBES.items() if name.endswith(("a blob", "a part"))}


@pytest.mark.parametrize("probe", BLOB_PROBES.values(), ids=BLOB_PROBES.keys())
def test_an_unreferenced_upload_is_its_uploader_s_alone(
    alice: Person, bob: Person, probe: Callable[[Target], tuple[str, Wire]]
) -> None:
    hers = shared(alice, bob)
    blob = hers.upload(io.BytesIO(LETTER))["blobId"]
    his, upload = Client(bob.caller, hers.account_id), Target(blob=blob, part=f"{blob}-2")
    foreign, absent = (target.hide(str(his.respond(probe(target)))) for target in (upload, ABSENT))
    assert foreign == absent
    assert upload.hide(str(hers.respond(probe(upload)))) != absent


def test_an_unreferenced_upload_is_not_copied_by_another(alice: Person, bob: Person) -> None:
    hers = shared(alice, bob)
    blob = hers.upload(io.BytesIO(LETTER))["blobId"]
    found = bob.jmap.call("Blob/copy", fromAccountId=hers.account_id, blobIds=[blob, f"{blob}-2"])
    assert found["copied"] is None and set(found["notCopied"]) == {blob, f"{blob}-2"}


def test_an_upload_that_became_mail_is_everyone_s_in_the_account(alice: Person, bob: Person) -> None:
    hers = shared(alice, bob)
    blob = hers.upload(io.BytesIO(LETTER))["blobId"]
    hers.call("Email/import", emails={"c": {"blobId": blob, "mailboxIds": {roles(hers)["inbox"]: True}}})
    located = Client(bob.caller, hers.account_id).download(blob)
    assert located is not None and located.octets() == LETTER
