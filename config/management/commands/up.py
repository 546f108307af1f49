import fcntl
import os
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.auth import stored_login
from accounts.models import Account, User
from accounts.provision import add_user
from config.binaries import NoBinaries
from config.cluster import Cluster, ClusterFailed
from config.cluster_place import BadPlace
from config.mail_ports import Listener, described, open_listeners, passed
from config.secrets import kept_secret
from config.supervisor import CannotListen, Child, Supervisor, listen, receiving_child, web_children, worker_child

DEMO = "demo@example.org"


class Command(BaseCommand):
    help = "Run the whole service: database, web server, mail receiver, worker. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data directory")
        parser.add_argument("--host", default=settings.HOST, help="the address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--no-demo", action="store_true", help="no demo account on the first start")
        # Behind a proxy the certificate of the settings is for mail alone.
        cert, key = ("", "") if settings.TRUSTED_PROXIES else (settings.TLS_CERT, settings.TLS_KEY)
        parser.add_argument("--tls-cert", metavar="FILE", default=cert or None)
        parser.add_argument("--tls-key", metavar="FILE", default=key or None)

    def handle(self, *args: Any, host: str, port: int, no_demo: bool, **options: Any) -> None:
        tls_cert, tls_key = tls_files(options["tls_cert"], options["tls_key"])
        lock = lock_data_dir(settings.DATA_DIR)
        try:
            listener = listen(host, port)
            mail = open_listeners()
        except CannotListen as error:
            raise CommandError(str(error)) from None
        cluster = None if os.environ.get("DATABASE_URL") else Cluster(settings.DATA_DIR)
        if cluster:
            self.stdout.write("Starting PostgreSQL …")
            start_database(cluster)
        try:
            self.prepare(no_demo)
            scheme = "https" if tls_cert else "http"
            self.announce(settings.PUBLIC_URL or f"{scheme}://{shown(host)}:{listener.getsockname()[1]}", mail)
            webs = web_children(listener, settings.WEB_PROCESSES, tls_cert, tls_key)
            Supervisor([*webs, worker_child(), *mail_children(mail)], cluster).run()
        finally:
            self.stdout.write("Stopping …")
            if cluster:
                close_connections()
                cluster.release()
            lock.close()

    def prepare(self, no_demo: bool) -> None:
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        first = not User.objects.exists()
        if first and not no_demo:
            self.stdout.write("Writing the demo mailbox …")
            make_demo()

    def announce(self, url: str, mail: list[Listener]) -> None:
        self.stdout.write(f"\n  Posthorn is at {url}")
        for line in described(mail):
            self.stdout.write(f"  {line}")
        demo = User.objects.filter(email=stored_login(DEMO)).first()
        kept = settings.DATA_DIR / "demo_password"
        if demo and kept.exists():
            self.stdout.write(f"  Log in as      {DEMO}\n  with password  {kept.read_text().strip()}")
        self.stdout.write("  Ctrl-C stops it.\n")
        self.stdout.flush()
        close_connections()


def make_demo() -> None:
    """A user with a believable mailbox, under a random password."""
    from jmap.mail.demo.filing import fill

    user = add_user(DEMO, "Demo", kept_secret(settings.DATA_DIR / "demo_password", 9))
    fill(Account.objects.get(owner=user).pk)


def mail_children(mail: list[Listener]) -> list[Child]:
    """One process for all ports, none where all are off."""
    return [receiving_child(passed(mail), [listener.fileno() for _, listener in mail])] if mail else []


def start_database(cluster: Cluster) -> None:
    try:
        cluster.acquire()
    except (ClusterFailed, NoBinaries, BadPlace) as error:
        raise CommandError(str(error)) from None


def close_connections() -> None:
    from django.db import connections

    connections.close_all()


def tls_files(cert: str | None, key: str | None) -> tuple[str | None, str | None]:
    if bool(cert) != bool(key):
        raise CommandError("TLS needs both --tls-cert and --tls-key.")
    for path in (cert, key):
        if path and not Path(path).is_file():
            raise CommandError(f"There is no file {path}.")
    if not cert or not key:
        return None, None
    # Every process of ours finds them here.
    os.environ["TLS_CERT"], os.environ["TLS_KEY"] = str(Path(cert).absolute()), str(Path(key).absolute())
    return os.environ["TLS_CERT"], os.environ["TLS_KEY"]


def lock_data_dir(data_dir: Path) -> IO[str]:
    """Hold the data directory; a second `up` on it is refused."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = (data_dir / "up.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(
            f"Posthorn runs already on {data_dir}. Stop it first, or choose another --data DIR."
        ) from None
    return file


def shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
