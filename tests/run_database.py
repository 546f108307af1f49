"""The PostgreSQL of a test run: one embedded cluster, a migrated template, one database per worker."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg

from config.cluster import Cluster, with_database

ADMIN = "POSTHORN_TEST_ADMIN_URL"
TEMPLATE = "posthorn_template"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def prepare_run() -> None:
    """Set DATABASE_URL and DATA_DIR for this process and set Django up. The first process starts the cluster."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        start_cluster()
    home = Path(os.environ["POSTHORN_TEST_HOME"])
    os.environ["DATABASE_URL"] = with_database(os.environ[ADMIN], TEMPLATE)
    if worker is None:
        migrate_template(home)
    use_database(home, worker or "alone")


def start_cluster() -> None:
    home = Path(tempfile.mkdtemp(prefix="posthorn-test-"))
    home.chmod(0o700)
    cluster = Cluster(home / "cluster", FAST)
    atexit.register(stop_cluster, cluster, home)
    cluster.acquire()
    os.environ["POSTHORN_TEST_HOME"] = str(home)
    os.environ[ADMIN] = cluster.admin_url()


def stop_cluster(cluster: Cluster, home: Path) -> None:
    cluster.destroy()
    shutil.rmtree(home, ignore_errors=True)


def migrate_template(home: Path) -> None:
    """Migrate once, in a process of its own; workers copy the result."""
    import subprocess
    import sys

    execute(f"CREATE DATABASE {TEMPLATE}")
    environment = {**os.environ, "DATA_DIR": str(home / "template")}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"],
        check=True,
        env=environment,
        cwd=Path(__file__).parent.parent,
    )


def use_database(home: Path, worker: str) -> None:
    execute(f"CREATE DATABASE worker_{worker} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    os.environ["DATABASE_URL"] = with_database(os.environ[ADMIN], f"worker_{worker}")
    os.environ["DATA_DIR"] = str(home / worker)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    # Else pytest-django would read the settings in each worker before the worker has its own database and directory.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def execute(statement: str) -> None:
    with psycopg.connect(os.environ[ADMIN], autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload, unused-ignore]
