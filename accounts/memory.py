"""A bounded map in this process whose entries expire."""

import threading
import time
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Memory(Generic[V]):
    """Thread safe; holds `size` entries, each for `seconds`."""

    def __init__(self, size: int, seconds: float) -> None:
        self.size, self.seconds = size, seconds
        self.entries: OrderedDict[bytes, tuple[float, V]] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: bytes) -> V | None:
        """The value, or None when it is not there or too old."""
        found = self.entries.get(key)
        if found is None or found[0] < time.monotonic():
            return None
        return found[1]

    def put(self, key: bytes, value: V) -> None:
        with self.lock:
            self.entries[key] = (time.monotonic() + self.seconds, value)
            self.entries.move_to_end(key)
            while len(self.entries) > self.size:
                self.entries.popitem(last=False)

    def clear(self) -> None:
        with self.lock:
            self.entries.clear()
