"""RFC 8620 §6."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from jmap.core import blobs, sql
from jmap.core.errors import RequestError
from tests.fixtures.core import Client

DAY = 24 * 3600
LARGE = 3 * blobs.IN_DATABASE


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Any:
    settings.STORAGES = {
        **settings.STORAGES,
        "blobs": {"BACKEND": "jmap.core.filestore.DurableStorage", "OPTIONS": {"location": tmp_path}},
    }
    return storages["blobs"]


def number(account: str) -> int:
    return int(account[1:])


def upload(jmap: Client, octets: bytes, account: str = "") -> str:
    return blobs.store(number(account or jmap.account), jmap.user.id, io.BytesIO(octets))[0]


def read(jmap: Client, blob: str, account: str = "") -> bytes | None:
    located = blobs.locate(jmap.caller(), number(account or jmap.account), blob)
    return located.octets() if located else None


def age(jmap: Client, seconds: int) -> None:
    for table, column in (("core_upload", "uploaded_at"), ("core_blob", "created_at")):
        query = f"UPDATE {table} SET {column} = {column} - make_interval(secs => %s) WHERE account_id = %s"
        sql.run(query, float(seconds), number(jmap.account))


def copy(jmap: Client, target: str, *ids: str, **more: Any) -> dict[str, Any]:
    return jmap.call("Blob/copy", **{"fromAccountId": jmap.account, "accountId": target, "blobIds": list(ids), **more})


@pytest.mark.parametrize("octets", [b"", b"x", os.urandom(blobs.IN_DATABASE), os.urandom(LARGE), b"\0" * LARGE])
def test_what_is_stored_is_read_back(jmap: Client, octets: bytes) -> None:
    blob, size = blobs.store(number(jmap.account), jmap.user.id, io.BytesIO(octets))
    assert (read(jmap, blob), size) == (octets, len(octets))
    located = blobs.locate(jmap.caller(), number(jmap.account), blob)
    assert located is not None
    assert located.size == len(octets)


def test_kept_octets_have_their_size(jmap: Client) -> None:
    digest = blobs.keep(number(jmap.account), b"abc")
    located = blobs.open_blob(number(jmap.account), digest)
    assert located is not None
    assert (located.size, located.octets()) == (3, b"abc")


def test_the_same_octets_have_the_same_id(jmap: Client) -> None:
    assert upload(jmap, b"same") == upload(jmap, b"same")


def test_an_upload_is_its_uploaders_alone_in_a_shared_account(jmap: Client, bob: Client) -> None:
    shared = jmap.shared()
    sql.run(
        "INSERT INTO accounts_access (account_id, user_id, read_only) VALUES (%s, %s, false)",
        number(shared),
        bob.user.id,
    )
    blob = upload(jmap, b"secret", shared)
    assert (read(jmap, blob, shared), read(bob, blob, shared)) == (b"secret", None)


@pytest.mark.parametrize("id", ["", "b", "b" + "0" * 64, "b" + "g" * 64, "b" + "0" * 64 + "-1", "x" * 300])
def test_what_is_no_blob_is_not_located(jmap: Client, id: str) -> None:
    assert read(jmap, id) is None


def test_a_blob_is_copied_to_another_account(jmap: Client) -> None:
    other, octets = jmap.shared(), os.urandom(LARGE)
    blob = upload(jmap, octets)
    done = copy(jmap, other, blob, blob, "nonsense")
    assert (done["copied"], done["notCopied"]) == ({blob: blob}, {"nonsense": {"type": "notFound"}})
    assert read(jmap, blob, other) == octets


def test_blobs_of_others_can_not_be_copied(jmap: Client, bob: Client) -> None:
    blob = upload(bob, b"secret")
    assert copy(jmap, jmap.shared(), blob)["notCopied"] == {blob: {"type": "notFound"}}
    assert copy(jmap, jmap.account, blob, fromAccountId=bob.account)["type"] == "fromAccountNotFound"
    assert copy(jmap, bob.account, blob)["type"] == "accountNotFound"
    assert copy(jmap, jmap.shared(read_only=True), blob)["type"] == "accountReadOnly"


def test_too_many_blobs_are_too_large(jmap: Client, settings: Any) -> None:
    settings.MAX_OBJECTS_IN_SET = 1
    assert copy(jmap, jmap.shared(), "b1", "b2")["type"] == "requestTooLarge"


def test_uploads_over_the_quota_take_the_place_of_the_oldest(jmap: Client, settings: Any) -> None:
    settings.UPLOAD_QUOTA = 10
    first, second = upload(jmap, b"1111"), upload(jmap, b"2222")
    third = upload(jmap, b"3333")
    assert [read(jmap, blob) for blob in (first, second, third)] == [None, b"2222", b"3333"]


def test_an_upload_repeated_at_the_quota_stays(jmap: Client, settings: Any) -> None:
    settings.UPLOAD_QUOTA = 5
    assert read(jmap, upload(jmap, b"1111")) == read(jmap, upload(jmap, b"1111")) == b"1111"


def test_a_blob_above_the_quota_is_not_copied(jmap: Client, settings: Any) -> None:
    blob = upload(jmap, b"12345")
    settings.UPLOAD_QUOTA = 4
    assert copy(jmap, jmap.shared(), blob)["notCopied"][blob]["type"] == "overQuota"


def test_a_sweep_takes_old_unused_blobs_and_their_files(jmap: Client, storage: Any) -> None:
    old = upload(jmap, os.urandom(LARGE))
    age(jmap, 2 * DAY)
    new = upload(jmap, b"new")
    assert blobs.sweep_account(number(jmap.account)) == 1
    assert (read(jmap, old), read(jmap, new)) == (None, b"new")
    assert not [name for _, _, names in os.walk(storage.location) for name in names]


def test_a_sweep_takes_what_another_upload_took_the_place_of(jmap: Client, settings: Any) -> None:
    settings.UPLOAD_QUOTA = 5
    upload(jmap, b"1111")
    last = upload(jmap, b"2222")
    assert blobs.sweep_account(number(jmap.account)) == 0
    age(jmap, 2 * blobs.UNCLAIMED)
    assert (blobs.sweep_account(number(jmap.account)), read(jmap, last)) == (1, b"2222")


def test_a_refused_upload_leaves_no_file(jmap: Client, settings: Any, storage: Any) -> None:
    settings.UPLOAD_QUOTA = 5
    with pytest.raises(RequestError):
        upload(jmap, os.urandom(LARGE))
    assert not [name for _, _, names in os.walk(storage.location) for name in names]


def test_a_sweep_spares_what_was_uploaded_again(jmap: Client) -> None:
    upload(jmap, b"again")
    age(jmap, 2 * DAY)
    blob = upload(jmap, b"again")
    assert (blobs.sweep_account(number(jmap.account)), read(jmap, blob)) == (0, b"again")


def test_a_sweep_spares_what_an_object_refers_to(jmap: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    account, digest = number(jmap.account), blobs.keep(number(jmap.account), b"mail")
    monkeypatch.setattr(blobs, "referrers", [lambda id, hashes: [digest] if id == account else []])
    age(jmap, 2 * DAY)
    assert blobs.sweep_account(account) == 0
    assert read(jmap, blobs.blob_id(digest)) == b"mail"
