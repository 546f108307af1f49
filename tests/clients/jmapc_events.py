"""jmapc's event source, run in a process of its own: arguments are host, login and password.

Prints each event as a line of JSON; tests/clients/test_events.py makes them happen."""

import json
import sys
from dataclasses import asdict

from jmapc import Client, EventSourceConfig


def main(host: str, login: str, password: str) -> None:
    client = Client.create_with_password(
        host, login, password, event_source_config=EventSourceConfig(types="*", ping=5)
    )
    for event in client.events:
        changed = {account: asdict(states) for account, states in event.data.changed.items()}
        print(json.dumps({"id": event.id, "changed": changed}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
