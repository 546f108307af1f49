"""Identity/get, Identity/changes and Identity/set (RFC 8621 §6), and how identities follow addresses."""

import importlib
from typing import Any

import pytest
from django.apps import apps

from accounts.models import Account, Address
from accounts.provision import add_account, add_address, add_domain, add_user, grant, remove_address
from jmap.client import Client
from jmap.submission.identity import MAX_IDENTITIES
from jmap.submission.models import Identity
from tests.fixtures.accounts import Person

Wire = dict[str, Any]


def identities(jmap: Client) -> list[Wire]:
    found: list[Wire] = jmap.call("Identity/get", ids=None)["list"]
    return found


def state(jmap: Client) -> str:
    return str(jmap.call("Identity/get", ids=[])["state"])


def make(jmap: Client, **properties: Any) -> Wire:
    """The created object of a new identity, or its error."""
    answer = jmap.call("Identity/set", create={"new": properties})
    found: Wire = (answer["created"] or answer["notCreated"])["new"]
    return found


def alias(person: Person, name: str = "alias") -> str:
    return add_address(f"{name}-{person.email}", person.email).email


def catch_all(person: Person, name: str) -> str:
    """A domain all of whose mail goes to this person's account."""
    add_domain(name)
    add_address(f"@{name}", person.email)
    return name


# In step with the addresses


def test_a_new_account_has_an_identity_with_the_user_s_name() -> None:
    user = add_user("zoe@identity.test", "Zoë")
    found = Identity.objects.get(account_id=Account.objects.get(owner=user).pk)
    assert (found.name, found.email, found.may_delete) == ("Zoë", "zoe@identity.test", False)


def test_all_properties_are_there_with_their_defaults(alice: Person) -> None:
    (found,) = identities(alice.jmap)
    assert found == {
        "id": found["id"],
        "name": "",
        "email": alice.email,
        "replyTo": None,
        "bcc": None,
        "textSignature": "",
        "htmlSignature": "",
        "mayDelete": False,
    }


def test_an_address_that_is_added_or_removed_is_an_identity_at_once(alice: Person) -> None:
    before = state(alice.jmap)
    email = alias(alice)
    assert [each["email"] for each in identities(alice.jmap)] == [alice.email, email]
    added = alice.jmap.call("Identity/changes", sinceState=before)["created"]
    between = state(alice.jmap)
    remove_address(Address.objects.get(email=email))
    assert [each["email"] for each in identities(alice.jmap)] == [alice.email]
    assert alice.jmap.call("Identity/changes", sinceState=between)["destroyed"] == added


def test_what_the_user_made_for_an_address_goes_with_it(alice: Person) -> None:
    email = alias(alice)
    make(alice.jmap, email=email, name="Work")
    remove_address(Address.objects.get(email=email))
    assert [each["email"] for each in identities(alice.jmap)] == [alice.email]


def test_an_address_that_goes_to_another_is_no_longer_that_of_the_catch_all(alice: Person, bob: Person) -> None:
    domain = catch_all(alice, "passed.test")
    make(alice.jmap, email=f"sales@{domain}")
    add_address(f"sales@{domain}", bob.email)
    assert [each["email"] for each in identities(alice.jmap)] == [alice.email, f"*@{domain}"]
    assert [each["email"] for each in identities(bob.jmap)] == [bob.email, f"sales@{domain}"]


def test_so_does_the_address_of_a_new_account(alice: Person) -> None:
    domain = catch_all(alice, "new.test")
    make(alice.jmap, email=f"team@{domain}")
    add_account(f"team@{domain}")
    assert [each["email"] for each in identities(alice.jmap)] == [alice.email, f"*@{domain}"]


def test_a_shared_account_has_the_identities_of_its_addresses(alice: Person) -> None:
    email = f"team-{alice.email}"
    team = add_account(email)
    grant(email, alice.email)
    add_address(f"sales-{email}", email)
    found = identities(Client(alice.caller, f"a{team.pk}"))
    assert [(each["name"], each["email"]) for each in found] == [("", email), ("", f"sales-{email}")]


def test_who_may_only_read_may_delete_nothing(alice: Person, bob: Person) -> None:
    make(alice.jmap, email=alice.email)
    grant(alice.email, bob.email, read_only=True)
    theirs = Client(bob.caller, alice.jmap.account_id)
    assert [each["mayDelete"] for each in identities(theirs)] == [False, False]
    answer = theirs.respond(("Identity/set", {"destroy": ["i1"]}))
    assert answer[0][1]["type"] == "accountReadOnly"


def test_a_changed_grant_is_a_change_of_the_identities(alice: Person, bob: Person) -> None:
    before = state(alice.jmap)
    grant(alice.email, bob.email)
    changes = alice.jmap.call("Identity/changes", sinceState=before)
    assert changes["updated"] == [each["id"] for each in identities(alice.jmap)]


def test_accounts_from_before_get_their_identities_by_migration(alice: Person) -> None:
    email = alias(alice)
    Identity.objects.filter(account_id=alice.account.pk).delete()
    migration = importlib.import_module("jmap.submission.migrations.0003_identities")
    migration.add_identities(apps, None, account=alice.account)
    assert [each["email"] for each in identities(alice.jmap)] == [alice.email, email]
    assert make(alice.jmap, email=email)["id"] not in {each["id"] for each in identities(alice.jmap)[:2]}


# Identity/set


def test_a_user_makes_an_identity(alice: Person) -> None:
    wire = {
        "name": "Alice at work",
        "email": alice.email,
        "replyTo": [{"name": "Desk", "email": "desk@x.test"}],
        "bcc": [{"name": None, "email": "archive@x.test"}],
        "textSignature": "-- \nAlice",
        "htmlSignature": "<b>Alice</b>",
    }
    created = make(alice.jmap, **wire)
    assert created == {"id": created["id"], "mayDelete": True}
    assert identities(alice.jmap)[1] == {**wire, **created}


def test_several_identities_may_have_one_address(alice: Person) -> None:
    assert make(alice.jmap, email=alice.email)["id"] != make(alice.jmap, email=alice.email)["id"]


@pytest.mark.parametrize("email", ["nobody@elsewhere.test", "*@example.org", "*@elsewhere.test"])
def test_an_address_that_is_not_the_user_s_is_forbidden(alice: Person, email: str) -> None:
    assert make(alice.jmap, email=email)["type"] == "forbiddenFrom"


def test_the_address_of_another_is_forbidden(alice: Person, bob: Person) -> None:
    assert make(alice.jmap, email=bob.email)["type"] == "forbiddenFrom"


def test_a_subaddress_is_the_user_s_too(alice: Person) -> None:
    name, _, domain = alice.email.partition("@")
    assert make(alice.jmap, email=f"{name}+list@{domain}")["mayDelete"]


def test_a_whole_domain_is_for_whom_all_its_mail_goes_to(alice: Person, bob: Person) -> None:
    domain = catch_all(alice, "whole.test")
    assert make(alice.jmap, email=f"*@{domain}")["mayDelete"]
    assert make(alice.jmap, email=f"anything@{domain}")["mayDelete"]
    assert make(bob.jmap, email=f"*@{domain}")["type"] == "forbiddenFrom"


def test_a_catch_all_address_has_an_identity_for_the_whole_domain(alice: Person) -> None:
    catch_all(alice, "all.test")
    assert "*@all.test" in [each["email"] for each in identities(alice.jmap)]


@pytest.mark.parametrize(
    ("properties", "wrong"),
    [
        ({}, ["email"]),
        ({"email": "alice"}, ["email"]),
        ({"email": "a b@example.org"}, ["email"]),
        ({"email": 1, "name": None}, ["email", "name"]),
        ({"email": "a@b.test", "mayDelete": True}, ["mayDelete"]),
        ({"email": "a@b.test", "id": "i7"}, ["id"]),
        ({"email": "a@b.test", "replyTo": [{"name": "No address"}]}, ["replyTo"]),
        ({"email": "a@b.test", "bcc": {"email": "x@y.test"}}, ["bcc"]),
        ({"email": "a@b.test", "bcc": [{"email": "x\0@y.test"}]}, ["bcc"]),
        ({"email": "a@b.test", "bcc": [{"email": "x@y.test"}] * 101}, ["bcc"]),
        ({"email": "a@b.test", "replyTo": [{"email": "x@y.test", "role": "boss"}]}, ["replyTo"]),
        ({"email": "a@b.test", "htmlSignature": "x" * 250_001}, ["htmlSignature"]),
        ({"email": "a@b.test", "colour": "red"}, ["colour"]),
    ],
)
def test_wrong_properties_are_named(jmap: Client, properties: Wire, wrong: list[str]) -> None:
    answer = make(jmap, **properties)
    assert (answer["type"], answer["properties"]) == ("invalidProperties", wrong)


def test_everything_but_the_address_can_be_changed(alice: Person) -> None:
    (own,) = identities(alice.jmap)
    patch = {"name": "Al", "replyTo": [{"name": None, "email": "x@y.test"}], "textSignature": "bye", "bcc": None}
    assert alice.jmap.call("Identity/set", update={own["id"]: patch})["updated"] == {own["id"]: None}
    assert identities(alice.jmap) == [own | patch]


@pytest.mark.parametrize("patch", [{"email": "new@example.org"}, {"mayDelete": True}])
def test_what_is_immutable_stays(alice: Person, patch: Wire) -> None:
    (own,) = identities(alice.jmap)
    answer = alice.jmap.call("Identity/set", update={own["id"]: patch})
    assert answer["notUpdated"][own["id"]]["properties"] == list(patch)


def test_the_identity_of_an_address_cannot_be_destroyed(alice: Person) -> None:
    (own,) = identities(alice.jmap)
    answer = alice.jmap.call("Identity/set", destroy=[own["id"]])
    assert answer["notDestroyed"][own["id"]]["type"] == "forbidden"


def test_one_s_own_identity_can_be_destroyed(alice: Person) -> None:
    made = make(alice.jmap, email=alice.email)["id"]
    before = state(alice.jmap)
    assert alice.jmap.call("Identity/set", destroy=[made])["destroyed"] == [made]
    assert alice.jmap.call("Identity/changes", sinceState=before)["destroyed"] == [made]


def test_if_in_state_is_heeded(alice: Person) -> None:
    before = state(alice.jmap)
    make(alice.jmap, email=alice.email)
    answer = alice.jmap.respond(("Identity/set", {"ifInState": before, "create": {"n": {"email": alice.email}}}))
    assert answer[0][1]["type"] == "stateMismatch"


def test_there_is_an_end_of_identities(alice: Person) -> None:
    rows = [Identity(account_id=alice.account.pk, id=10_000 + at, email=alice.email) for at in range(MAX_IDENTITIES)]
    Identity.objects.bulk_create(rows)
    assert make(alice.jmap, email=alice.email)["type"] == "overQuota"
    assert len(identities(alice.jmap)) == MAX_IDENTITIES + 1
