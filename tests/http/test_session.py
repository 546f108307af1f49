"""The Session resource, credentials, CORS (RFC 8620 §2, §8.2)."""

import httpx
import pytest

from accounts.provision import add_account, grant
from tests.fixtures.accounts import Person
from tests.http.conftest import account_id, basic, is_problem

NONSENSE = ["Bearer", "Bearer " + "x" * 20000, "Bearer \xff\xfe", "\xff", "Basic " + "QUFB" * 4000]


@pytest.mark.parametrize("path", ["/.well-known/jmap", "/jmap/session", "/jmap/session/", "/jmap", "/jmap/"])
def test_the_session_answers_at_every_path_without_a_redirect(http: httpx.Client, alice: Person, path: str) -> None:
    response = http.get(path)
    assert response.status_code == 200
    assert response.json()["username"] == alice.email
    assert response.headers["cache-control"] == "no-cache, no-store, must-revalidate"


def test_its_urls_are_absolute_templates_with_the_variables_of_the_rfc(http: httpx.Client) -> None:
    session = http.get("/jmap/session").json()
    base = str(http.base_url).rstrip("/")
    assert session["apiUrl"] == f"{base}/jmap/api"
    assert session["uploadUrl"].startswith(base) and "{accountId}" in session["uploadUrl"]
    assert all(f"{{{name}}}" in session["downloadUrl"] for name in ("accountId", "blobId", "type", "name"))
    assert all(f"{{{name}}}" in session["eventSourceUrl"] for name in ("types", "closeafter", "ping"))


def test_a_stranger_cannot_set_the_urls_by_forwarded_headers(http: httpx.Client) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert "evil.example" not in http.get("/jmap/session", headers=headers).text


def test_it_lists_shared_accounts_with_their_rights(web: httpx.Client, alice: Person) -> None:
    shared = add_account(f"team-{alice.account.pk}@example.org")
    grant(shared.name, alice.email, read_only=True)
    session = web.get("/jmap/session", headers={"Authorization": alice.basic}).json()
    assert session["accounts"][account_id(alice)]["isPersonal"] is True
    found = session["accounts"][f"a{shared.pk}"]
    assert (found["isPersonal"], found["isReadOnly"], found["name"]) == (False, True, shared.name)


def test_without_credentials_both_schemes_are_offered(web: httpx.Client) -> None:
    response = web.get("/jmap/session")
    assert is_problem(response, 401)
    assert "Basic realm=" in response.headers["www-authenticate"]
    assert "Bearer realm=" in response.headers["www-authenticate"]


@pytest.mark.parametrize(
    "header",
    [*NONSENSE, "Basic", "Basic !!!", "Basic AA==", "Basic Zm9v", "Basic //86Zm9v", "Basic YTpiAGM=", "Digest x"],
)
def test_malformed_credentials_are_refused_as_wrong_ones(web: httpx.Client, header: str) -> None:
    response = web.get("/jmap/session", headers=[(b"Authorization", header.encode("latin-1"))])
    assert is_problem(response, 401)


def test_a_password_and_an_app_password_log_in_by_basic(web: httpx.Client, alice: Person) -> None:
    assert web.get("/jmap/session", headers={"Authorization": alice.basic}).status_code == 200
    assert web.get("/jmap/session", headers=basic(alice.email, alice.app_password())).status_code == 200


def test_a_password_is_no_bearer_token(web: httpx.Client, alice: Person) -> None:
    assert is_problem(web.get("/jmap/session", headers={"Authorization": f"Bearer {alice.password}"}), 401)


def test_a_session_cookie_counts_for_nothing(web: httpx.Client) -> None:
    assert is_problem(web.get("/jmap/session", headers={"Cookie": "sessionid=x; csrftoken=y"}), 401)


@pytest.mark.parametrize("path", ["/jmap/session", "/.well-known/jmap", "/jmap/api", "/jmap/upload/a1", "/jmap/api/"])
def test_a_preflight_needs_no_credentials(web: httpx.Client, path: str) -> None:
    headers = {"Origin": "https://client.example", "Access-Control-Request-Method": "POST"}
    response = web.options(path, headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in response.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("path", ["/jmap/session", "/jmap/nothing", "/jmap/api"])
def test_errors_can_be_read_across_origins_too(web: httpx.Client, path: str) -> None:
    response = web.get(path)
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["content-type"] == "application/problem+json"
