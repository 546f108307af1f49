"""Mailbox/get and the mailboxes of a new account (RFC 8621 §1.3.1, §2, §2.1)."""

from collections.abc import Callable

from accounts.models import User
from accounts.provision import add_account, grant
from jmap.client import Client
from jmap.mail import limits
from tests.fixtures.accounts import Person
from tests.fixtures.mail import mailboxes, make_mailbox, roles

MAIL = "urn:ietf:params:jmap:mail"


def shared(person: Person, *, read_only: bool = False, name: str = "") -> Client:
    """The person's client of a shared account."""
    email = name or f"team-{person.email}"
    account = add_account(email)
    grant(email, person.email, read_only)
    return Client(person.caller, f"a{account.pk}")


def test_a_new_account_has_its_mailboxes_in_order(jmap: Client) -> None:
    found = sorted(mailboxes(jmap).values(), key=lambda mailbox: mailbox["sortOrder"])
    assert [mailbox["role"] for mailbox in found] == ["inbox", "drafts", "sent", "archive", "junk", "trash"]


def test_a_mailbox_has_every_property(jmap: Client) -> None:
    drafts = mailboxes(jmap)[roles(jmap)["drafts"]]
    rights = drafts.pop("myRights")
    assert drafts == {
        "id": roles(jmap)["drafts"], "name": "Drafts", "parentId": None, "role": "drafts", "sortOrder": 20,
        "totalEmails": 0, "unreadEmails": 0, "totalThreads": 0, "unreadThreads": 0, "isSubscribed": True,
    }  # fmt: skip
    assert len(rights) == 9 and all(value is True for value in rights.values())


def test_the_inbox_may_not_be_deleted(jmap: Client) -> None:
    rights = mailboxes(jmap)[roles(jmap)["inbox"]]["myRights"]
    assert [name for name, value in rights.items() if not value] == ["mayDelete"]


def test_who_may_only_read_has_that_right_alone(alice: Person) -> None:
    for mailbox in mailboxes(shared(alice, read_only=True)).values():
        assert [name for name, value in mailbox["myRights"].items() if value] == ["mayReadItems"]


def test_a_shared_account_is_not_subscribed_to_at_first(alice: Person) -> None:
    team = shared(alice)
    assert not any(mailbox["isSubscribed"] for mailbox in mailboxes(team).values())
    made = make_mailbox(team, "Plans")
    assert mailboxes(team)[made]["isSubscribed"]


def test_each_user_has_subscriptions_of_their_own(alice: Person, bob: Person) -> None:
    hers = shared(alice, name=f"both-{alice.email}")
    grant(f"both-{alice.email}", bob.email)
    his, id = Client(bob.caller, hers.account_id), make_mailbox(hers, "Plans")
    assert mailboxes(hers)[id]["isSubscribed"] and not mailboxes(his)[id]["isSubscribed"]
    his.call("Mailbox/set", update={id: {"isSubscribed": True}})
    hers.call("Mailbox/set", update={id: {"isSubscribed": False}})
    assert mailboxes(his)[id]["isSubscribed"] and not mailboxes(hers)[id]["isSubscribed"]


def test_malformed_and_foreign_ids_are_not_found(jmap: Client, bob: Person) -> None:
    make_mailbox(bob.jmap, "One more")
    ids = ["", "m", "m01", "e1", "m²", "x" * 300, sorted(mailboxes(bob.jmap))[-1]]
    assert jmap.call("Mailbox/get", ids=ids)["notFound"] == ids


def test_the_session_tells_the_limits_of_mail(alice: Person) -> None:
    session = alice.jmap.session()
    told = session["accounts"][alice.jmap.account_id]["accountCapabilities"][MAIL]
    assert session["capabilities"][MAIL] == {} and session["primaryAccounts"][MAIL] == alice.jmap.account_id
    assert (told["maxMailboxDepth"], told["maxSizeMailboxName"]) == (limits.MAILBOX_DEPTH, limits.MAILBOX_NAME)
    assert told["maxSizeMailboxName"] >= 100 and told["maxMailboxesPerEmail"] >= 1
    assert told["mayCreateTopLevelMailbox"] is True and "receivedAt" in told["emailQuerySortOptions"]


def test_who_may_only_read_may_create_no_mailbox(alice: Person) -> None:
    team = shared(alice, read_only=True)
    told = team.session()["accounts"][team.account_id]["accountCapabilities"][MAIL]
    assert told["mayCreateTopLevelMailbox"] is False


def test_a_change_of_access_changes_every_mailbox(alice: Person, make_user: Callable[[], Person]) -> None:
    team = shared(alice)
    state = team.call("Mailbox/get", ids=[])["state"]
    other: User = make_user().user
    grant(f"team-{alice.email}", other.email)
    found = team.call("Mailbox/changes", sinceState=state)
    assert sorted(found["updated"]) == sorted(mailboxes(team)) and found["updatedProperties"] is None
