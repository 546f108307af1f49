"""People at a running service (`manage.py up`), who know nothing but its address."""

import subprocess
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.config.service import MANAGE, Service, environment

PASSWORD = "correct horse"
USING = [f"urn:ietf:params:jmap:{name}" for name in ("core", "mail", "emailpush")]
TYPES = ("Mailbox", "Email")
Wire = dict[str, Any]


def manage(service: Service, *arguments: str, typed: str | None = None) -> str:
    """What a command prints."""
    command = [*MANAGE, *arguments, "--data", str(service.data_dir)]
    done = subprocess.run(command, input=typed, text=True, check=True, cwd="/", env=environment(), capture_output=True)
    return done.stdout.strip()


@dataclass
class Client:
    """Somebody with an app password."""

    url: str
    email: str
    authorization: str
    account: str = ""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=30, headers={"Authorization": self.authorization})
        session = self.http.get("/jmap/session").raise_for_status().json()
        self.account = session["primaryAccounts"][USING[1]]

    def call(self, name: str, **arguments: Any) -> Wire:
        """One method on the own account, if it has one; the arguments of the response."""
        given = {"accountId": self.account, **arguments} if not name.startswith("PushSubscription") else arguments
        body = {"using": USING, "methodCalls": [[name, given, "0"]]}
        found = self.http.post("/jmap/api", json=body).raise_for_status().json()["methodResponses"][0]
        assert found[0] == name, found
        answer: Wire = found[1]
        return answer

    def change(self, name: str) -> None:
        """Make a mailbox."""
        assert self.call("Mailbox/set", create={"new": {"name": name}})["created"]

    def states(self, account: str | None = None) -> Wire:
        return {kind: self.call(f"{kind}/get", accountId=account or self.account, ids=[])["state"] for kind in TYPES}


def add_client(service: Service, email: str) -> Client:
    manage(service, "add_user", email, "--password-stdin", typed=PASSWORD)
    password = manage(service, "app_password", email).split()[-1]
    return Client(f"http://127.0.0.1:{service.port}", email, f"Bearer {password}")
