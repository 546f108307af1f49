"""The capability urn:ietf:params:jmap:submission in the Session (RFC 8621 §1.3.2)."""

from datetime import UTC, datetime, timedelta

from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.submission.letters import FRIEND, envelope, make_draft, submit

URN = "urn:ietf:params:jmap:submission"


def test_what_can_be_asked_of_sending_is_announced(jmap: Client) -> None:
    session = jmap.session()
    found = session["accounts"][jmap.account_id]["accountCapabilities"][URN]
    assert session["capabilities"][URN] == {} and session["primaryAccounts"][URN] == jmap.account_id
    assert found["maxDelayedSend"] == 2_592_000
    extensions = found["submissionExtensions"]
    assert extensions.pop("FUTURERELEASE")[0] == "2592000"
    assert extensions == {"SIZE": ["50000000"], "DSN": [], "SMTPUTF8": []}


def test_a_message_may_be_held_until_the_moment_announced(alice: Person) -> None:
    """RFC 4865 §4.2 (4); it stands still for a day, for with it the Session changes."""
    capabilities = alice.jmap.session()["accounts"][alice.jmap.account_id]["accountCapabilities"]
    latest = capabilities[URN]["submissionExtensions"]["FUTURERELEASE"][1]
    assert timedelta(days=29) <= datetime.fromisoformat(latest) - datetime.now(UTC) <= timedelta(days=30)
    given = envelope(alice.email, FRIEND, HOLDUNTIL=latest)
    assert submit(alice, make_draft(alice), envelope=given)["sendAt"] == latest
