"""The capability urn:ietf:params:jmap:websocket (RFC 8887 §3), and one of our own that tells where tickets are."""

from typing import Any

from jmap.core.capabilities import Capability, register

WEBSOCKET = "urn:ietf:params:jmap:websocket"
TICKET = "urn:posthorn:jmap:ticket"


def websocket_session(base_url: str) -> dict[str, Any]:
    return {"url": f"ws{base_url.removeprefix('http')}/jmap/ws", "supportsPush": True}


def ticket_session(base_url: str) -> dict[str, Any]:
    """A POST there gives {"ticket", "expires"}; `ticket` is then added to the query of the stream's address."""
    return {"url": f"{base_url}/jmap/ticket"}


register(Capability(WEBSOCKET, session=websocket_session))
register(Capability(TICKET, session=ticket_session))
