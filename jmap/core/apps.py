from typing import Any

import orjson
from django.apps import AppConfig
from django.db.backends.signals import connection_created
from psycopg.types.json import JsonbBinaryLoader, set_json_dumps
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper


class FastJsonLoader(JsonbBinaryLoader):
    """For binary cursors alone: Django's own read JSON as text."""

    _loads = staticmethod(orjson.loads)


def tune_connection(connection: Any, **kwargs: Any) -> None:
    """Integers go as bigint: psycopg would choose the type by the value, and the server would prepare a statement for
    each combination. JSON goes through orjson."""
    connection.connection.adapters.register_loader("jsonb", FastJsonLoader)
    set_json_dumps(orjson.dumps, connection.connection)
    connection.connection.adapters.register_dumper(int, Int8Dumper)
    connection.connection.adapters.register_dumper(int, Int8BinaryDumper)


class CoreConfig(AppConfig):
    name = "jmap.core"
    label = "core"

    def ready(self) -> None:
        connection_created.connect(tune_connection)
        from jmap.core import blobs, capabilities, trimming
        from jmap.core.blob_copy import blob_copy
        from jmap.core.dispatch import echo
        from jmap.core.sweeps import Sweep, sweeps

        capabilities.register_method(capabilities.CORE, "Core/echo", echo)
        capabilities.register_method(capabilities.CORE, "Blob/copy", blob_copy)
        sweeps["blobs"] = Sweep(3600, blobs.sweep)
        sweeps["change log"] = Sweep(24 * 3600, trimming.trim)
