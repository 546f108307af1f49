"""Random operations on two accounts, beside a plain model: get, query, changes and queryChanges all agree with it."""

import io
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts.provision import grant
from jmap.mail.integrity import check_account
from tests.fixtures.accounts import Person
from tests.mail.mail_model import KEYWORDS, Mail, Side, make_message, random_query, run_query

Wire = dict[str, Any]
PROPERTIES = ["threadId", "mailboxIds", "keywords", "receivedAt", "size", "hasAttachment", "header:X-Uid:asText"]


class Play:
    """One run: two sides, the operations, and everything that was ever told about states."""

    def __init__(self, seed: int, make_user: Callable[[], Person]) -> None:
        self.rng = random.Random(seed)
        self.sides = [self.make_side(make_user()), self.make_side(make_user())]
        self.count = 0
        self.states: list[list[tuple[str, dict[str, Wire]]]] = [[], []]
        self.watched = [[random_query(self.rng, side) for _ in range(12)] for side in self.sides]
        self.answers: list[list[list[tuple[str, list[str]]]]] = [[[] for _ in range(12)] for _ in range(2)]

    def make_side(self, person: Person) -> Side:
        side = Side(person)
        side.mailboxes = [mailbox["id"] for mailbox in side.jmap.call("Mailbox/get")["list"]][:5]
        return side

    # Operations

    def step(self) -> None:
        at = self.rng.randrange(2)
        side = self.sides[at]
        operations = [self.do_import, self.do_import, self.do_keywords, self.do_move, self.do_destroy, self.do_copy]
        self.rng.choice(operations if side.mails else [self.do_import])(at)
        for number in range(2):
            self.learn(number)

    def some(self, side: Side, most: int) -> list[Mail]:
        return self.rng.sample(sorted(side.mails.values(), key=lambda mail: mail.uid), min(most, len(side.mails)))

    def do_import(self, at: int) -> None:
        side, emails = self.sides[at], {}
        for _ in range(self.rng.randint(1, 3)):
            self.count += 1
            known = sorted({f"{mail.uid}@x" for mail in side.mails.values()} | {"ghost-1@x", "ghost-2@x"})
            mail = make_message(self.rng, f"u{self.count}", known)
            mail.mailboxes = set(self.rng.sample(side.mailboxes, self.rng.choice([1, 1, 2])))
            mail.keywords = set(self.rng.sample(KEYWORDS, self.rng.randint(0, 2)))
            side.add(mail)
            emails[mail.uid] = {
                "blobId": side.jmap.upload(io.BytesIO(mail.raw))["blobId"],
                "mailboxIds": dict.fromkeys(mail.mailboxes, True),
                "keywords": dict.fromkeys(mail.keywords, True),
                "receivedAt": mail.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        answer = side.jmap.call("Email/import", emails=emails)
        assert answer["notCreated"] is None
        assert answer["created"].keys() == emails.keys()

    def do_keywords(self, at: int) -> None:
        side = self.sides[at]
        update: Wire = {}
        for mail in self.some(side, self.rng.randint(1, 4)):
            word = self.rng.choice(KEYWORDS)
            if self.rng.random() < 0.7:
                add = self.rng.random() < 0.6
                (mail.keywords.add if add else mail.keywords.discard)(word)
                update[mail.id] = {f"keywords/{word}": True if add else None}
            else:
                mail.keywords = {word}
                update[mail.id] = {"keywords": {word: True}}
        self.set(side, update=update)

    def do_move(self, at: int) -> None:
        side, update = self.sides[at], {}
        for mail in self.some(side, self.rng.randint(1, 4)):
            mail.mailboxes = set(self.rng.sample(side.mailboxes, self.rng.choice([1, 1, 2, 3])))
            update[mail.id] = {"mailboxIds": dict.fromkeys(mail.mailboxes, True)}
        self.set(side, update=update)

    def do_destroy(self, at: int) -> None:
        side = self.sides[at]
        gone = self.some(side, self.rng.randint(1, 3))
        self.set(side, destroy=[mail.id for mail in gone])
        for mail in gone:
            del side.mails[mail.uid]

    def do_copy(self, at: int) -> None:
        source, target = self.sides[at], self.sides[1 - at]
        originals = [mail for mail in self.some(source, 2) if mail.uid not in target.mails]
        if not originals:
            return
        grant(target.person.email, source.person.email)
        create = {}
        for mail in originals:
            mailboxes = set(self.rng.sample(target.mailboxes, 1))
            create[mail.uid] = {"id": mail.id, "mailboxIds": dict.fromkeys(mailboxes, True)}
            target.add(replace(mail, mailboxes=mailboxes, keywords=set(mail.keywords)))
        move = self.rng.random() < 0.3
        answer = source.jmap.call(
            "Email/copy",
            fromAccountId=source.jmap.account_id,
            accountId=target.jmap.account_id,
            create=create,
            onSuccessDestroyOriginal=move,
        )
        assert answer["notCreated"] is None
        if move:
            for mail in originals:
                del source.mails[mail.uid]

    def set(self, side: Side, **arguments: Any) -> None:
        answer = side.jmap.call("Email/set", **arguments)
        assert not (answer["notUpdated"] or answer["notDestroyed"]), answer

    # Checks

    def learn(self, at: int) -> None:
        """Compare every email with the model, learn its id, and keep the states."""
        side = self.sides[at]
        answer = side.jmap.call("Email/get", ids=None, properties=PROPERTIES)
        assert {email["header:X-Uid:asText"] for email in answer["list"]} == side.mails.keys()
        threads: dict[int, set[str]] = {}
        for email in answer["list"]:
            mail = side.mails[email["header:X-Uid:asText"]]
            mail.id = email["id"]
            assert set(email["mailboxIds"]) == mail.mailboxes
            assert set(email["keywords"]) == mail.keywords
            assert (email["size"], email["hasAttachment"]) == (mail.size, mail.attachment)
            threads.setdefault(mail.thread, set()).add(email["threadId"])
        assert all(len(ids) == 1 for ids in threads.values())
        assert len({id for ids in threads.values() for id in ids}) == len(threads)
        self.states[at].append((answer["state"], {email["id"]: email for email in answer["list"]}))
        for query, answers in zip(self.watched[at], self.answers[at], strict=True):
            answers.append(self.check_query(side, query))

    def check_query(self, side: Side, query: Wire) -> tuple[str, list[str]]:
        answer = side.jmap.call("Email/query", **query, calculateTotal=True)
        expected = run_query(side, query)
        if answer["ids"] != expected:
            print(query, *self.explain(side), sep="\n")
        assert answer["ids"] == expected
        assert answer["total"] == len(expected), query
        return answer["queryState"], answer["ids"]

    def explain(self, side: Side) -> list[Any]:
        """For the message of a failure: what the server and the model say of each email."""
        answer = side.jmap.call("Email/get", ids=None, properties=["receivedAt", "threadId", "header:X-Uid:asText"])
        model = [(mail.uid, mail.id, mail.received_at.isoformat(), mail.thread) for mail in side.mails.values()]
        return [*answer["list"], *model]

    def check_page(self, at: int) -> None:
        """position, anchor and limit cut the same list."""
        side, query = self.sides[at], random_query(self.rng, self.sides[at])
        _, ids = self.check_query(side, query)
        position, limit = self.rng.randint(-3, len(ids) + 1), self.rng.randint(0, 4)
        start = max(0, len(ids) + position) if position < 0 else position
        assert (
            side.jmap.call("Email/query", **query, position=position, limit=limit)["ids"] == ids[start : start + limit]
        )
        if ids:
            anchor, offset = self.rng.randrange(len(ids)), self.rng.randint(-2, 2)
            page = side.jmap.call("Email/query", **query, anchor=ids[anchor], anchorOffset=offset, limit=limit)
            start = max(0, anchor + offset)
            assert (page["position"], page["ids"]) == (start, ids[start : start + limit])

    def check_changes(self, at: int) -> None:
        """From every earlier state, in steps of any size, to the present one."""
        side = self.sides[at]
        now, present = self.states[at][-1]
        for state, emails in self.states[at]:
            ids, touched = set(emails), set()
            while state != now:
                answer = side.jmap.call("Email/changes", sinceState=state, maxChanges=self.rng.randint(1, 6))
                assert len(answer["created"]) + len(answer["updated"]) + len(answer["destroyed"]) <= 6
                touched |= set(answer["updated"]) | set(answer["created"])
                ids = (ids | set(answer["created"])) - set(answer["destroyed"])
                assert answer["hasMoreChanges"] == (answer["newState"] != now)
                state = answer["newState"]
            assert ids == set(present)
            assert {id for id in ids & set(emails) if emails[id] != present[id]} <= touched

    def check_query_changes(self, at: int) -> int:
        """Applied to any earlier result, queryChanges gives the present one; returns how many were calculable."""
        side, calculable = self.sides[at], 0
        for query, answers in zip(self.watched[at], self.answers[at], strict=True):
            if not side.jmap.call("Email/query", **query)["canCalculateChanges"]:
                continue
            calculable += 1
            for state, old in answers:
                found = side.jmap.call("Email/queryChanges", **query, sinceQueryState=state, calculateTotal=True)
                assert set(found["removed"]) <= set(old), query
                assert apply(old, found) == answers[-1][1], query
                assert found["total"] == len(answers[-1][1])
        return calculable

    def check_integrity(self) -> None:
        for side in self.sides:
            assert check_account(side.person.account.pk, deep=True) == []


def apply(old: list[str], found: Wire) -> list[str]:
    """RFC 8620 §5.6: splice out what was removed, splice in what was added, lowest index first."""
    ids = [id for id in old if id not in set(found["removed"])]
    for item in found["added"]:
        ids.insert(item["index"], item["id"])
    return ids


def play(seed: int, steps: int, make_user: Callable[[], Person]) -> None:
    game = Play(seed, make_user)
    for _ in range(steps):
        game.step()
        game.check_page(game.rng.randrange(2))
    calculable = 0
    for at in range(2):
        game.check_changes(at)
        calculable += game.check_query_changes(at)
    assert calculable >= 3
    game.check_integrity()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_server_and_a_plain_model_agree(seed: int, make_user: Callable[[], Person]) -> None:
    play(seed, 25, make_user)


@pytest.mark.soak
def test_the_server_and_a_plain_model_agree_for_long(make_user: Callable[[], Person]) -> None:
    for _ in range(20):
        seed = random.randrange(2**32)
        print("seed", seed)
        play(seed, 80, make_user)
