"""Upload and download (RFC 8620 §6.1, §6.2)."""

import json
import os
from http.client import HTTPConnection

import httpx
import pytest

from accounts.provision import add_account, grant
from tests.fixtures.accounts import Person
from tests.http.conftest import account_id, bearer, is_problem


@pytest.fixture
def content() -> bytes:
    return os.urandom(1000)


@pytest.fixture
def url(http: httpx.Client, alice: Person, content: bytes) -> str:
    """Where the uploaded content can be downloaded."""
    made = http.post(f"/jmap/upload/{account_id(alice)}", content=content).json()
    return f"/jmap/download/{made['accountId']}/{made['blobId']}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_upload_answers_with_its_blob(http: httpx.Client, alice: Person, slash: str) -> None:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    response = http.post(f"/jmap/upload/{account_id(alice)}{slash}", content=b"hello", headers=headers)
    assert response.status_code == 201
    made = response.json()
    assert made["accountId"] == account_id(alice) and made["blobId"].startswith("b")
    assert (made["type"], made["size"]) == ("text/plain; charset=utf-8", 5)


@pytest.mark.parametrize("size", [0, 1, 300_000, 5_000_000])
def test_what_was_uploaded_comes_back(http: httpx.Client, alice: Person, size: int) -> None:
    content = os.urandom(size)
    made = http.post(f"/jmap/upload/{account_id(alice)}", content=content).json()
    assert http.get(f"/jmap/download/{account_id(alice)}/{made['blobId']}/x?type=a/b").content == content


def test_an_upload_beyond_the_limit_names_it(http: httpx.Client, alice: Person) -> None:
    connection = HTTPConnection(str(http.base_url.host), http.base_url.port, timeout=20)
    connection.putrequest("POST", f"/jmap/upload/{account_id(alice)}")
    connection.putheader("Content-Length", "50000001")
    connection.putheader("Authorization", http.headers["Authorization"])
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["limit"]) == (413, "maxSizeUpload")
    connection.close()


@pytest.mark.parametrize("account", ["a999999999", "a0", "nonsense", "a", "a%00", "%C3%A9", "a1e5"])
def test_an_unknown_account_is_not_found(http: httpx.Client, account: str) -> None:
    assert is_problem(http.post(f"/jmap/upload/{account}", content=b"x"), 404)


def test_somebody_elses_account_is_not_found(http: httpx.Client, bob: Person) -> None:
    assert is_problem(http.post(f"/jmap/upload/{account_id(bob)}", content=b"x"), 404)


def test_a_read_only_account_takes_no_upload(web: httpx.Client, alice: Person) -> None:
    shared = add_account(f"readers-{alice.account.pk}@example.org")
    grant(shared.name, alice.email, read_only=True)
    headers = {"Authorization": bearer(alice)}
    assert is_problem(web.post(f"/jmap/upload/a{shared.pk}", content=b"x", headers=headers), 403)


def test_an_unreferenced_upload_is_its_uploaders_alone(web: httpx.Client, alice: Person, bob: Person) -> None:
    shared = add_account(f"both-{alice.account.pk}@example.org")
    for person in (alice, bob):
        grant(shared.name, person.email)
    mine, theirs = {"Authorization": bearer(alice)}, {"Authorization": bearer(bob)}
    blob = web.post(f"/jmap/upload/a{shared.pk}", content=b"secret", headers=mine).json()["blobId"]
    assert web.get(f"/jmap/download/a{shared.pk}/{blob}/x", headers=mine).status_code == 200
    assert is_problem(web.get(f"/jmap/download/a{shared.pk}/{blob}/x", headers=theirs), 404)


def test_a_download_can_do_no_harm_in_a_browser(http: httpx.Client, url: str) -> None:
    headers = http.get(f"{url}/x.html?type=text/html").headers
    assert headers["content-type"] == "text/html"
    assert headers["content-disposition"] == 'attachment; filename="x.html"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, immutable, max-age=31536000"


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("%C3%A9t%C3%A9.txt", "attachment; filename*=utf-8''%C3%A9t%C3%A9.txt"),
        ("a%2Fb.txt", 'attachment; filename="a_b.txt"'),
        ("..%2F..%2Fetc%2Fpasswd", 'attachment; filename=".._.._etc_passwd"'),
        ("a%22b.txt", 'attachment; filename="a\\"b.txt"'),
        ("%5C..%5Cx", 'attachment; filename="_.._x"'),
        ("a%00b", 'attachment; filename="a_b"'),
        ("a%0D%0ASet-Cookie:x=1", 'attachment; filename="a__Set-Cookie:x=1"'),
        ("%0A", 'attachment; filename="_"'),
        ("", 'attachment; filename="download"'),
    ],
)
def test_any_name_becomes_a_safe_file_name(http: httpx.Client, url: str, name: str, disposition: str) -> None:
    headers = http.get(f"{url}/{name}").headers
    assert headers["content-disposition"] == disposition and "set-cookie" not in headers


@pytest.mark.parametrize("kind", ["a/b*c", "x-a~1/{b}", "image/svg+xml", "text/plain; charset=utf-8", 'a/b;c="d e"'])
def test_the_type_is_what_the_client_says(http: httpx.Client, url: str, kind: str) -> None:
    assert http.get(f"{url}/x", params={"type": kind}).headers["content-type"] == kind


@pytest.mark.parametrize("kind", ["text", "text/html%0D%0AX: y", "a/b;c", "%C3%A9/x", "a/b\0", "x/" + "y" * 1000, "/"])
def test_a_type_that_is_none_is_refused(http: httpx.Client, url: str, kind: str) -> None:
    assert is_problem(http.get(f"{url}/x", params=None if "%" in kind else {"type": kind}), 400) or "%" in kind
    assert is_problem(http.get(f"{url}/x?type={kind.replace(chr(0), '%00')}"), 400)


@pytest.mark.parametrize(
    ("range_", "span"),
    [("0-9", (0, 10)), ("990-", (990, 1000)), ("-10", (990, 1000)), ("5-99999", (5, 1000)), ("-99999", (0, 1000))],
)
def test_a_range_is_served(http: httpx.Client, url: str, content: bytes, range_: str, span: tuple[int, int]) -> None:
    response = http.get(f"{url}/x", headers={"Range": f"bytes={range_}"})
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/1000"
    assert response.content == content[slice(*span)]


@pytest.mark.parametrize("range_", ["bytes=-", "bytes=5-3", "bytes=0-1,5-6", "lines=1-2", "bytes=x", "bytes=--1"])
def test_another_range_header_is_ignored(http: httpx.Client, url: str, content: bytes, range_: str) -> None:
    response = http.get(f"{url}/x", headers={"Range": range_})
    assert (response.status_code, response.content) == (200, content)
    assert "content-range" not in response.headers


@pytest.mark.parametrize("range_", ["1000-", "5000-6000", "-0"])
def test_a_range_outside_the_blob_cannot_be_met(http: httpx.Client, url: str, range_: str) -> None:
    response = http.get(f"{url}/x", headers={"Range": f"bytes={range_}"})
    assert is_problem(response, 416)
    assert response.headers["content-range"] == "bytes */1000"


def test_a_range_of_another_version_gives_the_whole(http: httpx.Client, url: str, content: bytes) -> None:
    response = http.get(f"{url}/x", headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (response.status_code, response.content) == (200, content)


def test_what_the_client_has_is_not_sent_again(http: httpx.Client, url: str) -> None:
    etag = http.get(f"{url}/x").headers["etag"]
    response = http.get(f"{url}/x", headers={"If-None-Match": etag})
    assert (response.status_code, response.content) == (304, b"")


def test_head_gives_the_headers_alone(http: httpx.Client, url: str) -> None:
    response = http.head(f"{url}/x?type=image/png")
    assert (response.status_code, response.content) == (200, b"")
    assert (response.headers["content-length"], response.headers["content-type"]) == ("1000", "image/png")


def test_another_account_cannot_even_tell_that_a_blob_exists(web: httpx.Client, url: str, bob: Person) -> None:
    headers = {"Authorization": bearer(bob)}
    foreign, absent = web.get(f"{url}/x", headers=headers), web.get("/jmap/download/a1/b00/x", headers=headers)
    assert foreign.json() == absent.json() and foreign.status_code == 404


@pytest.mark.parametrize("blob", ["b", "b00", "x" * 3000, "%00", "b" + "0" * 64, "b" + "0" * 64 + "-1-2", "%FF"])
def test_an_unknown_blob_is_not_found(http: httpx.Client, alice: Person, blob: str) -> None:
    assert is_problem(http.get(f"/jmap/download/{account_id(alice)}/{blob}/x"), 404)
