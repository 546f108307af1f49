"""From an arrival to an Email."""

import threading

import pytest
from django.db import connection

from accounts.provision import add_address
from jmap.core import sql
from jmap.delivery import filing
from jmap.delivery.claims import claim
from jmap.delivery.filing import file_arrival
from jmap.delivery.letters import read_letters
from jmap.mail.arrivals import Target, accept
from jmap.mail.models import Arrival
from tests.fixtures.accounts import Person
from tests.fixtures.filing import arrive, deliver, filed, make_due, message, waiting
from tests.fixtures.mail import emails, is_sound, make_mailbox, roles


def places(person: Person) -> list[list[str]]:
    return [sorted(each["mailboxIds"]) for each in filed(person)]


def test_an_arrival_is_filed_in_the_inbox_octet_for_octet(alice: Person) -> None:
    octets = message("One lump of sugar", subject="Tea")
    id = arrive(alice, octets)
    arrived_at = Arrival.objects.get(pk=id).received_at
    file_arrival(id)
    (email,) = filed(alice)
    assert email["subject"] == "Tea" and email["preview"] == "One lump of sugar" and email["keywords"] == {}
    assert list(email["mailboxIds"]) == [roles(alice.jmap)["inbox"]]
    assert email["receivedAt"][:19] == arrived_at.isoformat()[:19]
    located = alice.jmap.download(email["blobId"])
    assert located is not None and located.octets() == octets
    assert waiting(alice) == 0 and is_sound(alice.caller)


def test_filing_is_recorded_as_delivery(alice: Person) -> None:
    deliver(alice)
    query = "SELECT DISTINCT by FROM core_change WHERE account_id = %s AND type = 'Email'"
    assert sql.rows(query, alice.account.pk) == [("delivery",)]


def test_a_large_message_is_filed(alice: Person) -> None:
    octets = message("x" * 70 + "\r\n" + "long line\r\n" * 20_000)
    deliver(alice, octets)
    assert [each["size"] for each in filed(alice)] == [len(octets)] and is_sound(alice.caller)


def test_filing_twice_files_once(alice: Person) -> None:
    id = deliver(alice)
    file_arrival(id)
    assert len(filed(alice)) == 1


def test_all_that_waits_for_an_account_is_filed_at_one_ring_in_order(alice: Person) -> None:
    ids = [arrive(alice, message(subject=str(at))) for at in range(120)]
    file_arrival(ids[-1])
    assert [each["subject"] for each in filed(alice)] == [str(at) for at in range(120)]
    assert waiting(alice) == 0 and is_sound(alice.caller)


def test_what_another_worker_is_at_is_left_alone(alice: Person) -> None:
    id = arrive(alice)
    assert [arrival.id for arrival in claim(alice.account.pk)] == [id]
    file_arrival(id)
    assert waiting(alice) == 1 and not filed(alice)


def test_what_a_worker_took_and_never_filed_is_filed_when_its_lease_has_ended(alice: Person) -> None:
    id = arrive(alice)
    claim(alice.account.pk)
    make_due(alice)
    file_arrival(id)
    assert waiting(alice) == 0 and len(filed(alice)) == 1


def test_a_worker_whose_lease_ran_out_files_nothing_twice(alice: Person) -> None:
    id = arrive(alice)
    slow = read_letters(alice.account.pk, claim(alice.account.pk))
    make_due(alice)
    file_arrival(id)
    filing.file_letters(alice.account.pk, slow)
    assert len(filed(alice)) == 1 and is_sound(alice.caller)


def test_a_thousand_arrivals_are_each_filed_once_by_many_workers(alice: Person, bob: Person) -> None:
    ids = [arrive(alice, message(subject=str(at), to="list")) for at in range(1000)] + [arrive(bob) for _ in range(20)]
    failures: list[BaseException] = []

    def work(mine: list[int]) -> None:
        try:
            for id in mine:
                file_arrival(id)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(ids[at::3],)) for at in (0, 1, 2, 0)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    query = "SELECT count(*), count(DISTINCT blob) FROM mail_email WHERE account_id = %s"
    assert not failures and sql.row(query, alice.account.pk) == (1000, 1000)
    assert waiting(alice) == waiting(bob) == 0 and len(filed(bob)) == 20
    assert is_sound(alice.caller) and is_sound(bob.caller)


# Where it goes.


def test_junk_goes_to_junk_and_is_marked(alice: Person) -> None:
    deliver(alice, junk=True, score=17.2)
    (email,) = filed(alice)
    assert list(email["mailboxIds"]) == [roles(alice.jmap)["junk"]] and email["keywords"] == {"$junk": True}


def test_mail_to_a_subaddress_goes_to_the_mailbox_of_that_name(alice: Person) -> None:
    wanted = make_mailbox(alice.jmap, "Bücher")
    deliver(alice, recipient=alice.email.replace("@", "+BÜCHER@"))
    assert places(alice) == [[wanted]]


@pytest.mark.parametrize("detail", ["nowhere", "trash", "Drafts", "sent", "junk", "a+b", ""])
def test_a_subaddress_without_a_mailbox_of_its_own_goes_to_the_inbox(alice: Person, detail: str) -> None:
    deliver(alice, recipient=alice.email.replace("@", f"+{detail}@"))
    assert places(alice) == [[roles(alice.jmap)["inbox"]]]


def test_junk_to_a_subaddress_goes_to_junk(alice: Person) -> None:
    make_mailbox(alice.jmap, "Lists")
    deliver(alice, recipient=alice.email.replace("@", "+lists@"), junk=True)
    assert places(alice) == [[roles(alice.jmap)["junk"]]]


def test_of_two_mailboxes_of_a_name_the_higher_one_is_meant(alice: Person) -> None:
    parent = make_mailbox(alice.jmap, "Parent")
    make_mailbox(alice.jmap, "lists", parentId=parent)
    higher = make_mailbox(alice.jmap, "Lists")
    deliver(alice, recipient=alice.email.replace("@", "+lists@"))
    assert places(alice) == [[higher]]


def test_an_address_that_is_not_a_subaddress_though_it_has_a_plus_goes_to_the_inbox(alice: Person) -> None:
    make_mailbox(alice.jmap, "lists")
    whole = alice.email.replace("@", "+lists@")
    add_address(whole, alice.email)
    deliver(alice, recipient=whole)
    assert places(alice) == [[roles(alice.jmap)["inbox"]]]


def drop_role(person: Person, role: str) -> str:
    """Take a role from its mailbox, as no client may; its id."""
    id = roles(person.jmap)[role]
    sql.run("UPDATE mail_mailbox SET role = NULL WHERE account_id = %s AND role = %s", person.account.pk, role)
    return id


def test_without_an_inbox_the_mailbox_of_that_name_is_used(alice: Person) -> None:
    former = drop_role(alice, "inbox")
    deliver(alice)
    assert places(alice) == [[former]]


def test_without_any_inbox_one_is_made(alice: Person) -> None:
    former = drop_role(alice, "inbox")
    alice.jmap.call("Mailbox/set", destroy=[former])
    deliver(alice)
    assert places(alice) == [[roles(alice.jmap)["inbox"]]] and is_sound(alice.caller)


def test_without_a_junk_mailbox_junk_goes_to_the_inbox_marked(alice: Person) -> None:
    drop_role(alice, "junk")
    deliver(alice, junk=True)
    (email,) = filed(alice)
    assert list(email["mailboxIds"]) == [roles(alice.jmap)["inbox"]] and email["keywords"] == {"$junk": True}


# The same message twice.


def test_a_message_that_comes_by_alias_and_by_account_is_filed_once(alice: Person) -> None:
    alias = f"alias-{alice.email}"
    add_address(alias, alice.email)
    targets = [Target(alice.account.pk, alice.email), Target(alice.account.pk, alias)]
    for id in accept(message(), "sender@far.test", targets, {}):
        file_arrival(id)
    assert len(filed(alice)) == 1 and waiting(alice) == 0 and is_sound(alice.caller)


@pytest.mark.parametrize("together", [True, False])
def test_a_copy_with_another_way_behind_it_is_a_duplicate(alice: Person, together: bool) -> None:
    for way in ("one", "two"):
        id = arrive(alice, f"Received: by {way}.test\r\n".encode() + message(message_id="same@far.test"))
        if not together:
            file_arrival(id)
    file_arrival(id)
    assert len(filed(alice)) == 1 and waiting(alice) == 0 and is_sound(alice.caller)


def test_the_same_message_id_with_another_body_is_another_message(alice: Person) -> None:
    deliver(alice, message("One", message_id="same@far.test"))
    deliver(alice, message("Two", message_id="same@far.test"))
    assert len(filed(alice)) == 2


def test_the_same_body_with_another_message_id_is_another_message(alice: Person) -> None:
    deliver(alice, message("Same"))
    deliver(alice, message("Same"))
    assert len(filed(alice)) == 2


def test_messages_without_a_message_id_are_never_duplicates(alice: Person) -> None:
    for _ in range(2):
        deliver(alice, b"From: a@far.test\r\nSubject: Nameless\r\n\r\nHello\r\n")
    assert len(filed(alice)) == 2


def test_a_duplicate_of_what_was_moved_away_is_filed(alice: Person) -> None:
    deliver(alice, message("Same", message_id="same@far.test"))
    (email,) = emails(alice.jmap)
    archive = roles(alice.jmap)["archive"]
    alice.jmap.call("Email/set", update={email: {"mailboxIds": {archive: True}}})
    deliver(alice, message("Same", message_id="same@far.test"))
    assert sorted(places(alice)) == sorted([[archive], [roles(alice.jmap)["inbox"]]])


def test_a_copy_for_another_mailbox_is_filed_there_too(alice: Person) -> None:
    lists = make_mailbox(alice.jmap, "lists")
    same = message("Same", message_id="same@far.test")
    deliver(alice, same)
    deliver(alice, same, recipient=alice.email.replace("@", "+lists@"))
    assert sorted(places(alice)) == sorted([[lists], [roles(alice.jmap)["inbox"]]])


def test_a_reply_to_a_message_is_no_duplicate_of_it(alice: Person) -> None:
    deliver(alice, message("Same", message_id="first@far.test"))
    deliver(alice, message("Same", headers="References: <first@far.test>"))
    assert len(filed(alice)) == 2
