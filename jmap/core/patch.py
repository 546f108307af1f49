"""PatchObject (RFC 8620 §5.3): changes to a JSON object by pointer."""

import re
from collections.abc import Mapping
from typing import Any

from jmap.core.errors import InvalidProperties, SetError
from jmap.core.properties import REQUIRED, Property

Wire = dict[str, Any]
MAX_PATCH_DEPTH = 20
BAD_ESCAPE = re.compile(r"~(?![01])")  # RFC 6901 §3


def invalid_patch(description: str) -> SetError:
    return SetError("invalidPatch", description)


def apply_patch(current: Wire, patch: Any, properties: Mapping[str, Property]) -> Wire:
    """The object after the patch; `current` is left alone. Raises SetError invalidPatch, or invalidProperties for a
    property that does not exist; a pointer into one that does not exist is invalidPatch."""
    if not isinstance(patch, dict):
        raise invalid_patch("a PatchObject is an object")
    pointers = {parse_pointer(path): value for path, value in patch.items()}
    refuse_prefixes(pointers, len(patch))
    unknown = [pointer for pointer in pointers if pointer[0] not in properties and pointer[0] != "id"]
    for name in (pointer[0] for pointer in unknown if len(pointer) > 1):
        raise invalid_patch(f"{name} does not exist on the object")
    if unknown:
        raise InvalidProperties([name for (name,) in unknown], "There is no such property")
    patched = dict(current)
    for name in {pointer[0] for pointer in pointers if len(pointer) > 1}:
        patched[name] = own_copy(patched.get(name))
    for pointer, value in pointers.items():
        if len(pointer) == 1:
            set_property(patched, pointer[0], value, properties)
        else:
            set_inside(patched[pointer[0]], pointer[1:], value)
    return patched


def parse_pointer(path: str) -> tuple[str, ...]:
    """The unescaped tokens of a key. No property nests deeper than MAX_PATCH_DEPTH, so a longer one leads nowhere."""
    if path.count("/") >= MAX_PATCH_DEPTH:
        raise invalid_patch("the pointer leads into something that does not exist")
    if BAD_ESCAPE.search(path):
        raise invalid_patch("in a pointer ~ is written ~0 and / is written ~1")
    return tuple(unescape(part) for part in path.split("/"))


def own_copy(value: Any) -> Any:
    """A copy of every object inside, so that patches can be applied in place."""
    return {key: own_copy(item) for key, item in value.items()} if isinstance(value, dict) else value


def unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def refuse_prefixes(pointers: Mapping[tuple[str, ...], Any], count: int) -> None:
    """No pointer may be the start of another, nor the same as another."""
    if len(pointers) != count:
        raise invalid_patch("two patches point at the same value")
    for pointer in pointers:
        if any(pointer[:length] in pointers for length in range(1, len(pointer))):
            raise invalid_patch(f"{'/'.join(pointer)} lies inside another patch")


def set_property(patched: Wire, name: str, value: Any, properties: Mapping[str, Property]) -> None:
    """null means the default, where there is one; else the property goes."""
    if value is not None:
        patched[name] = value
    elif name in properties and properties[name].default is not REQUIRED:
        patched[name] = properties[name].default
    else:
        patched[name] = None


def set_inside(container: Any, pointer: tuple[str, ...], value: Any) -> None:
    """Set the value where the pointer leads, or remove what is there where it is null."""
    for part in pointer[:-1]:
        if not isinstance(container, dict) or part not in container:
            raise invalid_patch(f"{part} does not exist on the object")
        container = container[part]
    if not isinstance(container, dict):
        raise invalid_patch("the pointer leads into something that is not an object")
    if value is None:
        container.pop(pointer[-1], None)
    else:
        container[pointer[-1]] = value
