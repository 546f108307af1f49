"""A message while it comes in: on disk beyond some size, so that memory stays flat however many come at once."""

import tempfile
from typing import BinaryIO, cast

from django.conf import settings

IN_MEMORY = 64 * 1024  # octets


class Spool:
    """Takes up to `limit` octets and forgets what goes beyond; `size` counts all. `is_full`: the disk took no more.
    Its file has no name: it ends with this process."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.is_full = limit, 0, False
        self.file = cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(settings.DATA_DIR)))  # noqa: SIM115

    @property
    def is_too_large(self) -> bool:
        return self.size > self.limit

    def write(self, octets: bytes) -> None:
        self.size += len(octets)
        if self.is_too_large or self.is_full:
            self.file.close()
            return
        try:
            self.file.write(octets)
        except OSError:
            self.is_full = True

    def octets(self) -> bytes:
        """All of it, in memory."""
        self.file.seek(0)
        return self.file.read()

    def close(self) -> None:
        self.file.close()
