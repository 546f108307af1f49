"""Requests that are valid, for every method, and what is made of them."""

import copy
import json
import random
from typing import Any

from tests.soak.line import BODY, EVERYTHING, USING, Line
from tests.soak.odd import ODD_STRINGS, break_octets, break_value, odd_value

Call = tuple[str, dict[str, Any]]
MESSAGE = b"Message-ID: <%d@fuzz>\r\nFrom: A <a@b>\r\nSubject: =?utf-8?q?T=C3=A9?=\r\n\r\nHello there\r\n"
FILTER = {
    "operator": "AND",
    "conditions": [
        {"after": "2020-01-01T00:00:00Z", "before": "2030-01-01T00:00:00Z", "minSize": 1, "maxSize": 10**9},
        {"operator": "OR", "conditions": [{"text": "hello"}, {"from": "a"}, {"header": ["Subject", "té"]}]},
        {"hasKeyword": "$seen", "notKeyword": "x", "hasAttachment": False, "inMailboxOtherThan": []},
        {"allInThreadHaveKeyword": "$seen", "someInThreadHaveKeyword": "y", "noneInThreadHaveKeyword": "z"},
        {"to": "x", "cc": "x", "bcc": "x", "subject": '"t é"', "body": "there"},
    ],
}
SORT = [
    {"property": "subject", "isAscending": False, "collation": "i;unicode-casemap"},
    {"property": "hasKeyword", "keyword": "$flagged"},
    {"property": "from"},
    {"property": "sentAt"},
]
PART = {"partId": "1", "type": "text/plain", "charset": None, "language": ["en"], "header:X-Y:asText": "z"}


def templates(line: Line) -> list[Call]:
    """Valid calls, of every method, about what the account holds now."""
    boxes = line.call("Mailbox/get", ids=None)
    if not any(box["role"] == "inbox" for box in boxes["list"]) or len(boxes["list"]) < 3:
        line.call("Mailbox/set", create={"n": {"name": "Again"}})
    inbox = line.inbox()
    keep_small(line)
    line.put([MESSAGE % number for number in range(5)], inbox)
    emails = line.call("Email/query", limit=5)
    ids = emails["ids"]
    email = line.call("Email/get", ids=ids[:1], properties=["threadId", "blobId"])
    state, blob, thread = email["state"], email["list"][0]["blobId"], email["list"][0]["threadId"]
    box = boxes["list"][-1]["id"]
    return [*readings(ids, inbox, blob, thread), *writings(ids, inbox, box, blob), *changing(state, boxes, emails)]


def keep_small(line: Line) -> None:
    """So that what takes long is odd, and not merely much."""
    surplus = line.call("Email/query", position=50)["ids"]
    line.call("Email/set", destroy=surplus[:1000])


def readings(ids: list[str], inbox: str, blob: str, thread: str) -> list[Call]:
    return [
        ("Core/echo", {"a": [1, {"b": None}]}),
        ("Mailbox/get", {"ids": [inbox], "properties": ["name", "myRights", "totalEmails"]}),
        (
            "Mailbox/query",
            {"filter": {"parentId": None, "name": "x"}, "sort": [{"property": "name"}], "sortAsTree": True},
        ),
        (
            "Mailbox/query",
            {"filter": {"role": "inbox", "hasAnyRole": True, "isSubscribed": True}, "filterAsTree": True},
        ),
        ("Thread/get", {"ids": [thread], "properties": ["emailIds"]}),
        ("Email/get", {"ids": ids, **EVERYTHING}),
        ("Email/get", {"ids": ids, "bodyProperties": BODY, "fetchTextBodyValues": True, "maxBodyValueBytes": 5}),
        ("Email/query", {"filter": FILTER, "sort": SORT, "position": 0, "limit": 10, "calculateTotal": True}),
        (
            "Email/query",
            {"filter": {"inMailbox": inbox}, "anchor": ids[0], "anchorOffset": -1, "collapseThreads": True},
        ),
        ("Email/parse", {"blobIds": [blob], "properties": EVERYTHING["properties"][8:], "fetchAllBodyValues": True}),
        ("SearchSnippet/get", {"filter": FILTER, "emailIds": ids}),
        ("SearchSnippet/get", {"filter": {"text": "hello"}, "emailIds": ids}),
        ("Blob/copy", {"fromAccountId": "a1", "blobIds": [blob]}),
        ("Email/copy", {"fromAccountId": "a1", "create": {"k": {"id": ids[0], "mailboxIds": {inbox: True}}}}),
    ]


def writings(ids: list[str], inbox: str, box: str, blob: str) -> list[Call]:
    new = {"name": "New", "parentId": None, "role": None, "sortOrder": 3, "isSubscribed": True}
    draft = {
        "mailboxIds": {inbox: True}, "keywords": {"$draft": True, "other": True}, "receivedAt": "2026-01-01T00:00:00Z",
        "from": [{"name": "A", "email": "a@b"}], "to": [{"name": None, "email": "é@b"}], "subject": "Té",
        "messageId": ["x@y"], "references": ["a@b", "c@d"], "sentAt": "2026-01-01T00:00:00+01:00",
        "bodyValues": {"1": {"value": "Hello", "isTruncated": False}, "2": {"value": "<p>Hello"}},
        "textBody": [PART], "htmlBody": [{"partId": "2", "type": "text/html"}],
        "attachments": [{"blobId": blob, "type": "image/png", "name": "é.png", "disposition": "inline", "cid": "c@d"}],
        "header:X-Odd:asURLs": ["http://a/"], "header:X-Group:asGroupedAddresses": [{"name": "G", "addresses": []}],
    }  # fmt: skip
    tree = {"type": "multipart/mixed", "subParts": [PART, {"blobId": blob, "type": "message/rfc822"}]}
    structured = {"mailboxIds": {inbox: True}, "bodyStructure": tree, "bodyValues": draft["bodyValues"]}
    imported = {"blobId": blob, "mailboxIds": {inbox: True}, "keywords": {"k": True}, "receivedAt": None}
    patch = {"keywords/$seen": True, f"mailboxIds/{inbox}": True, "keywords/odd": None}
    return [
        ("Mailbox/set", {"create": {"n0": new, "n1": {**new, "name": "Sub", "parentId": "#n0"}}}),
        ("Mailbox/set", {"update": {box: {"name": "Other", "sortOrder": 9, "parentId": None}}, "ifInState": None}),
        ("Mailbox/set", {"destroy": [box], "onDestroyRemoveEmails": False}),
        ("Email/set", {"create": {"d": draft}}),
        ("Email/set", {"create": {"d": structured}}),
        ("Email/set", {"update": {ids[0]: patch, ids[-1]: {"keywords": {"$flagged": True}}}}),
        ("Email/set", {"destroy": ids[-1:]}),
        ("Email/import", {"emails": {"i": imported}, "ifInState": None}),
    ]


def changing(state: str, boxes: dict[str, Any], emails: dict[str, Any]) -> list[Call]:
    queried = {"sinceQueryState": emails["queryState"], "filter": {"hasKeyword": "$seen"}, "sort": SORT}
    return [
        ("Email/changes", {"sinceState": state, "maxChanges": 5}),
        ("Thread/changes", {"sinceState": state}),
        ("Mailbox/changes", {"sinceState": boxes["state"], "maxChanges": None}),
        ("Mailbox/queryChanges", {"sinceQueryState": boxes["state"], "calculateTotal": True}),
        ("Email/queryChanges", {**queried, "upToId": "e1", "maxChanges": 10, "collapseThreads": False}),
    ]


def broken_request(dice: random.Random, calls: list[Call], account_id: str) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a request with something wrong, mostly in the arguments."""
    chosen = [dice.choice(calls) for _ in range(dice.choice([1, 1, 2, 4]))]
    method_calls: list[Any] = [
        [name, {"accountId": account_id, **copy.deepcopy(arguments)}, f"c{at}"]
        for at, (name, arguments) in enumerate(chosen)
    ]
    for call in method_calls:
        for _ in range(dice.choice([0, 1, 1, 2, 5])):
            break_value(dice, call[1])
        if dice.random() < 0.1:
            refer(dice, call[1])
    request: dict[str, Any] = {"using": list(USING), "methodCalls": method_calls}
    if dice.random() < 0.1:
        request["createdIds"] = {"n0": "m1", "d": dice.choice(ODD_STRINGS)}
    if dice.random() < 0.05:
        break_value(dice, request)
    return broken_body(dice, spell(dice, request)), headers(dice)


def refer(dice: random.Random, arguments: dict[str, Any]) -> None:
    """Make an argument a result reference (RFC 8620 §3.7)."""
    name = dice.choice(list(arguments) or ["ids"])
    paths = ["/ids", "/list/*/id", "/list/*/mailboxIds", "/*/*/*", "", "/created/*", "/ids/-", "/ids/0", "/~0~1", "x"]
    method = dice.choice(["Email/query", "Email/get", "Mailbox/get", "Core/echo"])
    arguments[f"#{name}"] = {"resultOf": "c0", "name": method, "path": dice.choice(paths)}
    if dice.random() < 0.8:
        arguments.pop(name, None)


def spell(dice: random.Random, value: Any) -> bytes:
    """JSON, deeper too than orjson would write it."""
    return json.dumps(value, ensure_ascii=dice.random() < 0.5).encode()


def broken_body(dice: random.Random, body: bytes) -> bytes:
    chance = dice.random()
    if chance < 0.1:
        return break_octets(dice, body)
    if chance < 0.12:
        return spell(dice, odd_value(dice))
    return body


def headers(dice: random.Random) -> dict[str, str]:
    odd = {
        "Content-Type": ["text/plain", "", "application/json; charset=utf-7", "application/json;", "x" * 5000],
        "Accept": ["", "text/html", "*/*;q=x", "x" * 5000],
        "Content-Encoding": ["gzip", "x"],
        "Host": ["", "a b", "x" * 300, "[::1"],
        "Origin": ["null", "http://x", "\x7f"],
        "Cookie": ["sessionid=x", "=;=;=" * 100, 'a="\\'],
        "X-Forwarded-For": ["x", "1.2.3.4, ::1", ","],
        "Expect": ["x"],
    }
    chosen = {"Content-Type": "application/json"}
    if dice.random() < 0.1:
        name = dice.choice(list(odd))
        chosen[name] = dice.choice(odd[name])
    return chosen
