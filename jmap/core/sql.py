"""Prepared, binary SQL on Django's connection: what the hot paths use instead of the ORM."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection

Row = tuple[Any, ...]
# What is raised where the database can't be reached, or not in time.
UNREACHABLE = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def cursor() -> "psycopg.Cursor[Row]":
    """A cursor of psycopg itself, binary; %s parameters are bound by the server and statements get prepared."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def rows(query: str, *parameters: object) -> list[Row]:
    """All rows of a query."""
    return cursor().execute(query, parameters, binary=True).fetchall()


def row(query: str, *parameters: object) -> Row | None:
    """The first row, or None."""
    return cursor().execute(query, parameters, binary=True).fetchone()


def value(query: str, *parameters: object) -> Any:
    """The first column of the first row, or None."""
    found = row(query, *parameters)
    return found[0] if found else None


def run(query: str, *parameters: object) -> int:
    """Execute; returns the number of rows touched."""
    return cursor().execute(query, parameters, binary=True).rowcount


def run_many(query: str, parameters: Sequence[Sequence[object]]) -> None:
    """Execute once per parameter list, pipelined."""
    if parameters:
        cursor().executemany(query, parameters)


@contextmanager
def snapshot() -> Iterator[None]:
    """One REPEATABLE READ, READ ONLY snapshot for all reads inside. Not inside a transaction; does not nest."""
    run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    try:
        yield
    finally:
        end_snapshot()


def end_snapshot() -> None:
    """COMMIT, which a failed transaction takes as ROLLBACK: psycopg forgets prepared statements after its rollback."""
    try:
        if connection.connection is not None:
            connection.connection.commit()
    except psycopg.Error:
        connection.close()
