"""What administrators do with mail that waits."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from jmap.submission import interventions
from jmap.submission.claims import claim_due
from jmap.submission.integrity import check_submissions
from tests.fixtures.accounts import Person
from tests.submission.postoffice import PostOffice
from tests.submission.test_news import reports, submission

LATER = timedelta(hours=1)


@pytest.fixture
def admin(bob: Person) -> Client:
    User.objects.filter(pk=bob.user.pk).update(is_admin=True)
    browser = Client()
    browser.force_login(bob.user)
    return browser


def act(admin: Client, deed: str, ids: list[int]) -> str:
    data = {"action": deed, "_selected_action": [str(id) for id in ids]}
    return admin.post("/admin/submission/queued/", data, follow=True).content.decode()


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("queue", *words, stdout=out)
    return out.getvalue()


def test_the_queue_shows_what_waits_and_why(office: PostOffice, admin: Client) -> None:
    office.sink.on("RCPT", "450 4.2.0 Greylisted for now")
    office.put("b@there.test")
    office.send()
    for query in ("", "?state=waiting", "?domain=there.test", "?q=b@there"):
        page = admin.get(f"/admin/submission/queued/{query}").content.decode()
        assert "b@there.test" in page and "450 4.2.0 Greylisted for now" in page
    assert "450 4.2.0" not in admin.get("/admin/submission/queued/?state=failed").content.decode()
    page = admin.get(f"/admin/submission/queued/{office.row().pk}/change/").content.decode()
    assert "mx.there.test" in page and 'name="_save"' not in page


def test_what_waits_is_tried_now(office: PostOffice, admin: Client) -> None:
    ids = office.put(due_at=timezone.now() + LATER)
    assert "1 will be tried now" in act(admin, "retry_now", ids)
    office.send()
    assert office.states() == ["delivered"]


def test_what_is_given_back_comes_with_a_report(office: PostOffice, admin: Client) -> None:
    ids = office.put("a@there.test", "b@there.test", due_at=timezone.now() + LATER)
    assert "2 went back" in act(admin, "give_back", ids)
    assert office.states() == ["failed", "failed"] and len(reports(office)) == 1
    assert "stopped the delivery" in reports(office)[0].as_string()


def test_what_is_canceled_comes_without(office: PostOffice, admin: Client) -> None:
    made = submission(office, "a@there.test")
    assert "1 were canceled" in act(admin, "cancel", [office.row().pk])
    office.send()
    assert (office.states(), reports(office), office.sink.connections) == (["canceled"], [], 0)
    made.refresh_from_db()
    assert (made.undo_status, made.delivery_status["a@there.test"]["delivered"]) == ("final", "no")
    assert not [each for each in check_submissions(office.sender.account.pk) if "taken back" in each.text]


def test_what_is_being_sent_is_left_alone(office: PostOffice) -> None:
    ids = office.put()
    list(claim_due(1, 10**9))
    assert [deed(ids) for deed in (interventions.retry, interventions.give_back, interventions.cancel)] == [0, 0, 0]
    assert office.states() == ["waiting"]


def test_messages_of_several_senders_each_get_their_report(office: PostOffice, make_office, bob: Person) -> None:  # type: ignore[no-untyped-def]
    other = make_office(bob)
    ids = [*office.put(), *other.put()]
    assert interventions.give_back(ids) == 2
    assert len(reports(office)) == len(reports(other)) == 1


def test_the_command_lists_and_acts(office: PostOffice) -> None:
    office.sink.on("RCPT", "450 4.2.0 Later")
    (id,) = office.put("b@there.test")
    office.put("c@elsewhere.test", due_at=timezone.now() + LATER)
    office.send()
    listed = run()
    assert f"{id}  " in listed and "mx.there.test [127.0.0.1] said: 450 4.2.0 Later" in listed and "2 waiting" in listed
    assert "1 waiting" in run("list", "--domain", "there.test")
    assert run("retry", str(id)) == "1 will be tried now.\n"
    assert run("return", "--domain", "There.test") == "1 went back to their senders.\n"
    assert run("cancel", "--sender", office.sender.email) == "1 canceled.\n"
    assert office.states() == ["failed", "canceled"]
    with pytest.raises(CommandError):
        run("cancel")
