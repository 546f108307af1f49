"""The standard methods by the name of their verb."""

from collections.abc import Callable
from typing import Any

from jmap.core.changes import changes
from jmap.core.copy import copy
from jmap.core.get import get
from jmap.core.query import query
from jmap.core.query_changes import query_changes
from jmap.core.set import set_

VERBS: dict[str, Callable[..., Any]] = {
    "get": get,
    "changes": changes,
    "set": set_,
    "copy": copy,
    "query": query,
    "queryChanges": query_changes,
}
