"""Result references (RFC 8620 §3.7) and creation ids (§5.3)."""

from typing import TYPE_CHECKING, Any

import orjson

from jmap.core.errors import MethodError, invalid_arguments
from jmap.core.limits import MAX_REFERENCE_ITEMS, MAX_REFERENCES

if TYPE_CHECKING:
    from jmap.core.context import Context

MAX_TOKENS = 250  # no JSON value here is nested as deep
EVERY = "*"  # maps the rest of a path through an array


class Raw:
    """JSON that is ready: spliced into the response as it stands, decoded only when a reference looks inside."""

    __slots__ = ("decoded", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.decoded: Any = None

    def value(self) -> Any:
        """The JSON value, decoded once however many references look at it."""
        if self.decoded is None:
            self.decoded = orjson.loads(self.octets)
        return self.decoded


class Unresolved(Exception):
    """A pointer leads nowhere."""


def resolve_references(context: "Context", arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with every "#name" replaced; raises MethodError."""
    references = {name[1:]: value for name, value in arguments.items() if name.startswith("#")}
    if not references:
        return arguments
    if twice := references.keys() & arguments.keys():
        raise invalid_arguments(f"{min(twice)} is given both plainly and as a reference")
    if len(references) > MAX_REFERENCES:
        raise invalid_arguments(f"at most {MAX_REFERENCES} arguments may be references")
    plain = {name: value for name, value in arguments.items() if not name.startswith("#")}
    return plain | {name: resolve(context, value) for name, value in references.items()}


def resolve(context: "Context", reference: Any) -> Any:
    match reference:
        case {"resultOf": str(call_id), "name": str(name), "path": str(path)}:
            pass
        case _:
            raise invalid_arguments("a ResultReference has the strings resultOf, name and path")
    first = next((response for response in context.responses if response[2] == call_id), None)
    if first is None or first[0] != name:
        raise MethodError("invalidResultReference", f"no {name} response of a call {call_id!r} came before")
    try:
        found = evaluate(first[1], parse_pointer(path))
        context.reference_room -= weight(found, context.reference_room)
    except Unresolved:
        raise MethodError("invalidResultReference", f"{path!r} points at nothing") from None
    return found


def weight(value: Any, room: int) -> int:
    """About how many octets a value takes; raises MethodError above `room`: a few references to references would
    else swell without end."""
    total, stack = 0, [value]
    while stack:
        item = stack.pop()
        total += len(item) + 4 if isinstance(item, str) else 8
        if total > room:
            raise MethodError("invalidResultReference", "The references of this request resolve to too much")
        if isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, Raw):
            stack.append(item.value())
    return total


def parse_pointer(path: str) -> list[str]:
    """The unescaped tokens of a JSON Pointer (RFC 6901)."""
    if (path and not path.startswith("/")) or path.count("/") > MAX_TOKENS:
        raise Unresolved
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]


def evaluate(value: Any, tokens: list[str]) -> Any:
    """RFC 6901 §4 with "*" to map through an array, flattening by one level."""
    for at, token in enumerate(tokens):
        if isinstance(value, Raw):
            value = value.value()
        if token == EVERY and isinstance(value, list):
            return spread(value, tokens[at + 1 :])
        value = step(value, token)
    return value.value() if isinstance(value, Raw) else value


def spread(items: list[Any], tokens: list[str]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        found = evaluate(item, tokens)
        result.extend(found) if isinstance(found, list) else result.append(found)
        if len(result) > MAX_REFERENCE_ITEMS:
            raise Unresolved
    return result


def step(value: Any, token: str) -> Any:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and is_index(token) and int(token) < len(value):
        return value[int(token)]
    raise Unresolved


def is_index(token: str) -> bool:
    return token.isascii() and token.isdigit() and len(token) < 10 and str(int(token)) == token
