"""Mailbox/query and Mailbox/queryChanges (RFC 8621 §2.3, §2.4)."""

from typing import Any

import pytest

from jmap.client import Client, MethodFailed
from jmap.mail.mailbox_tree import keep_whole_branches, sort_as_tree
from tests.fixtures.accounts import Person
from tests.fixtures.mail import mailboxes, make_mailbox, roles

BY_NAME = [{"property": "name"}]


def names(jmap: Client, **arguments: Any) -> list[str]:
    """The names of what a query finds."""
    known = mailboxes(jmap)
    return [known[id]["name"] for id in jmap.call("Mailbox/query", **arguments)["ids"]]


@pytest.fixture
def tree(jmap: Client) -> dict[str, str]:
    """b > (z > a, c), a > b; in order of id: name or path -> id."""
    ids = {"b": make_mailbox(jmap, "b", sortOrder=99, role="memos")}
    ids["b/z"] = make_mailbox(jmap, "z", parentId=ids["b"])
    ids["b/z/a"] = make_mailbox(jmap, "a", parentId=ids["b/z"])
    ids["b/c"] = make_mailbox(jmap, "c", parentId=ids["b"])
    return ids


def test_no_filter_finds_every_mailbox(jmap: Client) -> None:
    answer = jmap.call("Mailbox/query", filter=None, calculateTotal=True)
    assert sorted(answer["ids"]) == sorted(mailboxes(jmap)) and answer["total"] == 6
    assert sorted(jmap.call("Mailbox/query", filter={})["ids"]) == sorted(answer["ids"])


def test_by_parent(jmap: Client, tree: dict[str, str]) -> None:
    assert names(jmap, filter={"parentId": tree["b"]}, sort=BY_NAME) == ["c", "z"]
    assert len(names(jmap, filter={"parentId": None})) == 7
    assert names(jmap, filter={"parentId": "nonsense"}) == []


def test_by_part_of_the_name_in_any_case(jmap: Client) -> None:
    assert names(jmap, filter={"name": "N"}, sort=BY_NAME) == ["Inbox", "Junk", "Sent"]


def test_by_role(jmap: Client, tree: dict[str, str]) -> None:
    assert names(jmap, filter={"role": "inbox"}) == ["Inbox"]
    assert len(names(jmap, filter={"role": None})) == 3
    assert (len(names(jmap, filter={"hasAnyRole": True})), len(names(jmap, filter={"hasAnyRole": False}))) == (7, 3)


def test_by_subscription_which_is_the_user_s_own(jmap: Client) -> None:
    jmap.call("Mailbox/set", update={roles(jmap)["junk"]: {"isSubscribed": False}})
    assert names(jmap, filter={"isSubscribed": False}) == ["Junk"]
    answer = jmap.call("Mailbox/query", filter={"isSubscribed": True})
    assert len(answer["ids"]) == 5 and answer["canCalculateChanges"] is False


def test_by_operators(jmap: Client) -> None:
    both = {"operator": "AND", "conditions": [{"hasAnyRole": True}, {"name": "s"}]}
    neither = {"operator": "NOT", "conditions": [both]}
    assert names(jmap, filter=both, sort=BY_NAME) == ["Drafts", "Sent", "Trash"]
    assert names(jmap, filter=neither, sort=BY_NAME) == ["Archive", "Inbox", "Junk"]


@pytest.mark.parametrize(
    ("condition", "error"),
    [({"role": 1}, "invalidArguments"), ({"parentId": 1}, "invalidArguments"), ({"color": "red"}, "unsupportedFilter")],
)
def test_a_bad_filter_is_refused(jmap: Client, condition: Any, error: str) -> None:
    with pytest.raises(MethodFailed, match=error):
        jmap.call("Mailbox/query", filter=condition)


def test_sorted_by_order_then_name(jmap: Client, tree: dict[str, str]) -> None:
    found = names(jmap, sort=[{"property": "sortOrder", "isAscending": False}, {"property": "name"}])
    assert found == ["b", "Trash", "Junk", "Archive", "Sent", "Drafts", "Inbox", "a", "c", "z"]


def test_sorted_by_a_collation(jmap: Client) -> None:
    make_mailbox(jmap, "apple")
    assert names(jmap, sort=[{"property": "name", "collation": "i;ascii-casemap"}])[0] == "apple"
    assert names(jmap, sort=[{"property": "name", "collation": "i;octet"}])[-1] == "apple"


def test_an_unknown_sort_is_refused(jmap: Client) -> None:
    for comparator in ({"property": "totalEmails"}, {"property": "name", "collation": "i;none"}):
        with pytest.raises(MethodFailed, match="unsupportedSort"):
            jmap.call("Mailbox/query", sort=[comparator])


def test_sorted_as_a_tree(jmap: Client, tree: dict[str, str]) -> None:
    found = names(jmap, sort=BY_NAME, sortAsTree=True)
    assert found == ["Archive", "b", "c", "z", "a", "Drafts", "Inbox", "Junk", "Sent", "Trash"]


def test_what_the_filter_leaves_out_still_orders_the_tree(jmap: Client, tree: dict[str, str]) -> None:
    inner = make_mailbox(jmap, "a2", parentId=roles(jmap)["archive"])
    found = jmap.call("Mailbox/query", filter={"name": "a"}, sort=BY_NAME, sortAsTree=True)["ids"]
    assert found.index(inner) < found.index(tree["b/z/a"])


def test_filtered_as_a_tree(jmap: Client, tree: dict[str, str]) -> None:
    unnamed = {"operator": "NOT", "conditions": [{"name": "z"}, {"hasAnyRole": True}]}
    assert sorted(names(jmap, filter=unnamed)) == ["a", "c"]
    assert names(jmap, filter=unnamed, filterAsTree=True) == []
    no_z = {"operator": "NOT", "conditions": [{"name": "z"}]}
    assert sorted(names(jmap, filter=no_z, filterAsTree=True))[-2:] == ["b", "c"]


def test_as_a_tree_there_are_no_query_changes(jmap: Client) -> None:
    for option in ("sortAsTree", "filterAsTree"):
        answer = jmap.call("Mailbox/query", **{option: True})
        assert answer["canCalculateChanges"] is False
        with pytest.raises(MethodFailed, match="cannotCalculateChanges"):
            jmap.call("Mailbox/queryChanges", sinceQueryState=answer["queryState"], **{option: True})


def test_the_changes_of_a_query_lead_to_its_new_results(jmap: Client, tree: dict[str, str]) -> None:
    query: dict[str, Any] = {"sort": BY_NAME, "filter": {"hasAnyRole": False}}
    old = jmap.call("Mailbox/query", **query)
    jmap.call("Mailbox/set", update={tree["b/c"]: {"name": "y"}, tree["b"]: {"role": None}}, destroy=[tree["b/z/a"]])
    changes = jmap.call("Mailbox/queryChanges", sinceQueryState=old["queryState"], **query)
    ids = [id for id in old["ids"] if id not in changes["removed"]]
    for added in changes["added"]:
        ids.insert(added["index"], added["id"])
    assert ids == jmap.call("Mailbox/query", **query)["ids"] == [tree["b"], tree["b/c"], tree["b/z"]]


def test_another_account_s_mailboxes_are_never_found(jmap: Client, bob: Person) -> None:
    make_mailbox(bob.jmap, "Secret")
    assert names(jmap, filter={"name": "Secret"}) == []
    with pytest.raises(MethodFailed, match="accountNotFound"):
        jmap.call("Mailbox/query", accountId=bob.jmap.account_id)


def test_a_tree_is_sorted_by_its_branches() -> None:
    parents = {1: 3, 2: None, 3: None, 4: 1}
    assert sort_as_tree([4, 3, 2, 1], parents) == [3, 1, 4, 2]
    assert keep_whole_branches([4, 3, 2], parents) == [3, 2]
