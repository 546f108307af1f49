"""The embedded PostgreSQL cluster of a data directory: made, started, adopted, stopped.

`postgres` runs in a session of its own and outlives a killed supervisor; whoever comes next adopts it. Everybody who
needs the cluster holds a shared lock on it, and the last one to leave stops it.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from config.binaries import Binaries, choose_binaries, runnable_copy
from config.cluster_place import ClusterPlace, cluster_place
from config.secrets import kept_secret

DATABASE = "posthorn"  # the name of the database and of the role that the service logs in with
SUPERUSER = "postgres"
START_SECONDS = 60.0  # crash recovery may take a while
STOP_SECONDS = 60.0

# Errors are logged without statement, parameters and details: logs never hold mail content.
CONFIGURATION: dict[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class ClusterFailed(RuntimeError):  # noqa: N818
    """The cluster can't be made or started; the message says why and where the log is."""


@dataclass
class Cluster:
    """One embedded cluster. `settings` stand over CONFIGURATION (the tests turn fsync off)."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place: ClusterPlace = cluster_place(self.data_dir)
        self.lock: IO[str] | None = None

    def acquire(self) -> None:
        """Make sure that the cluster runs, and hold it. Raises ClusterFailed, NoBinaries."""
        self.place.prepare()
        with self.changing():
            self.ensure_running()
            self.lock = (self.data_dir / "postgres.users").open("w")
            fcntl.flock(self.lock, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go of the cluster; the last holder stops it (a fast shutdown: everything committed is on disk)."""
        if self.lock is None:
            return
        with self.changing():
            with contextlib.suppress(BlockingIOError):  # somebody else still uses it
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            self.lock.close()
        self.lock = None

    def revive(self) -> None:
        """Start a cluster that died while it was held. Raises ClusterFailed, NoBinaries."""
        with self.changing():
            self.ensure_running()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One process at a time starts or stops the cluster."""
        with (self.data_dir / "postgres.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def ensure_running(self) -> None:
        """Start the cluster unless a running one can be adopted; the caller is the only one to do so."""
        version = self.place.recorded_version()
        binaries = choose_binaries(version)
        if version is None:
            initialise(self.place, self.runnable(binaries), kept_secret(self.data_dir / "database_admin_password"))
        if not self.answers():
            self.start(self.runnable(binaries))
        self.ensure_database()

    def runnable(self, binaries: Binaries) -> Binaries:
        return runnable_copy(binaries, self.place.home.parent) if self.place.owner.switch else binaries

    def answers(self) -> bool:
        """Whether a running cluster can be adopted; one that is just going down is waited for."""
        pid = self.place.postmaster_pid()
        if pid is None:
            return False
        deadline = time.monotonic() + START_SECONDS
        while alive(pid) and time.monotonic() < deadline:
            if can_connect(self.admin_url()):
                return True
            time.sleep(0.05)
        return False

    def start(self, binaries: Binaries) -> None:
        """Start `postgres` and wait until it answers. It judges a stale postmaster.pid itself."""
        self.place.write_configuration({**CONFIGURATION, **self.settings})
        with self.place.open_log() as log:
            process = subprocess.Popen(  # noqa: S603
                [binaries.program("postgres"), "-D", str(self.place.cluster)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=postgres_environment(),
                start_new_session=True,  # Ctrl-C in the terminal must not stop it before its clients
                **self.place.owner.process_options(),
            )
        deadline = time.monotonic() + START_SECONDS
        while not can_connect(self.admin_url()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ClusterFailed(f"PostgreSQL did not start; its log is {self.place.log}:\n{self.place.log_tail()}")
            time.sleep(0.03)
        process.returncode = 0  # it is to outlive this process: no warning that it does

    def running(self) -> bool:
        pid = self.place.postmaster_pid()
        return pid is not None and alive(pid)

    def stop(self) -> None:
        """A fast shutdown. SIGINT, as `pg_ctl stop -m fast`; after a minute SIGQUIT, from which PostgreSQL recovers."""
        pid = self.place.postmaster_pid()
        if pid is None or not alive(pid):
            return
        os.kill(pid, signal.SIGINT)
        if not wait_for_end(pid, STOP_SECONDS):
            os.kill(pid, signal.SIGQUIT)
            wait_for_end(pid, STOP_SECONDS)

    def destroy(self) -> None:
        """Stop the cluster, whoever uses it, and delete all its data."""
        self.stop()
        if self.lock is not None:
            self.lock.close()
        self.place.remove()

    def admin_url(self) -> str:
        return self.url(SUPERUSER, "postgres", kept_secret(self.data_dir / "database_admin_password"))

    def service_url(self) -> str:
        """A DATABASE_URL for the service: a role that owns its database and can do nothing else."""
        return self.url(DATABASE, DATABASE, kept_secret(self.data_dir / "database_password"))

    def url(self, user: str, database: str, password: str) -> str:
        return f"postgresql://{user}:{password}@/{database}?host={quote(str(self.place.socket_dir), safe='')}"

    def ensure_database(self) -> None:
        """The service's role and database, made at the first start."""
        password = kept_secret(self.data_dir / "database_password")
        name = sql.Identifier(DATABASE)
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            if not exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s"):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
            if not exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s"):
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


def with_database(url: str, name: str) -> str:
    """The same server and login, another database."""
    return urlsplit(url)._replace(path="/" + name).geturl()


def exists(connection: "psycopg.Connection[Any]", query: str) -> bool:
    return connection.execute(query, [DATABASE]).fetchone() is not None  # type: ignore[call-overload, unused-ignore]


def initialise(place: ClusterPlace, binaries: Binaries, password: str) -> None:
    """Make the cluster beside its place and move it there when it is whole: a killed initdb leaves no half cluster."""
    making = place.home / "cluster.making"
    shutil.rmtree(making, ignore_errors=True)
    secret = place.home / "initdb.password"
    place.owner.write_private(secret, password)
    arguments = ["-D", str(making), "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={secret}", "-k"]
    try:
        made = subprocess.run(  # noqa: S603
            [binaries.program("initdb"), *arguments, "-E", "UTF8", *locale_arguments(binaries.major)],
            capture_output=True,
            text=True,
            cwd="/",
            env=postgres_environment(),
            **place.owner.process_options(),
        )
    finally:
        secret.unlink()
    if made.returncode:
        raise ClusterFailed(f"initdb failed:\n{made.stdout}{made.stderr}")
    making.rename(place.cluster)


def locale_arguments(major: int) -> list[str]:
    """Sorted by bytes, Unicode letters known: the builtin provider, before version 17 the C library's C.UTF-8."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def postgres_environment() -> dict[str, str]:
    """PG* variables and locales of whoever starts us have no say in how the cluster runs."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def alive(pid: int) -> bool:
    """Whether the process runs; reaps it when it is an ended child of ours."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def running_cluster(data_dir: Path) -> Iterator[Cluster]:
    """The cluster runs for as long as the block does; it is stopped afterwards unless somebody else uses it."""
    cluster = Cluster(data_dir)
    cluster.acquire()
    try:
        yield cluster
    finally:
        cluster.release()
