"""Where the embedded cluster of a data directory lives: its files, its socket, its log."""

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.secrets import kept_secret
from config.unprivileged import STATE, Owner, cluster_owner

SOCKET_PATH_BYTES = 107  # sun_path of unix(7), less the closing zero
LOG_BYTES = 10_000_000  # a longer log is put aside at the next start


class BadPlace(RuntimeError):  # noqa: N818
    """A directory is there but not safely ours."""


@dataclass(frozen=True)
class ClusterPlace:
    owner: Owner
    home: Path  # the owner's alone
    socket_dir: Path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "postgresql.log"

    def prepare(self) -> None:
        """Make the directories; raises BadPlace when one in a public place belongs to somebody else."""
        if self.owner.switch and not STATE.exists():
            STATE.mkdir(parents=True)
            STATE.chmod(0o755)  # root's umask may be stricter
        self.owner.make_directory(self.home)
        if not self.socket_dir.exists():
            self.owner.make_directory(self.socket_dir)
        found = self.socket_dir.lstat()
        if found.st_uid != self.owner.uid or stat.S_IMODE(found.st_mode) != 0o700 or not stat.S_ISDIR(found.st_mode):
            raise BadPlace(f"{self.socket_dir} must be a directory of user {self.owner.uid} with mode 0700")

    def recorded_version(self) -> int | None:
        """The major version that made the cluster, as PostgreSQL recorded it; None: there is no cluster yet."""
        try:
            return int((self.cluster / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def postmaster_pid(self) -> int | None:
        """The pid in postmaster.pid if that process is a `postgres`; it may be another, after a reboot."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return pid if name.startswith("postgres") else None

    def write_configuration(self, settings: dict[str, str]) -> None:
        """postgresql.conf and pg_hba.conf are ours and written at each start; local.conf is the administrator's."""
        settings = {**settings, "unix_socket_directories": str(self.socket_dir)}
        lines = [f"{name} = '{value}'" for name, value in settings.items()]
        lines.append("include_if_exists = 'local.conf'")
        self.owner.write_private(self.cluster / "postgresql.conf", "\n".join(lines) + "\n")
        self.owner.write_private(self.cluster / "pg_hba.conf", "local all all scram-sha-256\n")

    def open_log(self) -> IO[str]:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.rename(self.log.with_suffix(".log.old"))
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a")

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def cluster_place(data_dir: Path) -> ClusterPlace:
    """Beside the mail; for root, under /var/lib/posthorn, named by an id that stays in the data directory."""
    owner = cluster_owner()
    identity = kept_secret(data_dir / "cluster_id", 12)
    home = STATE / identity if owner.switch else data_dir / "postgres"
    return ClusterPlace(owner, home, socket_directory(home, identity))


def socket_directory(home: Path, identity: str) -> Path:
    """`home`/run, unless the socket's path got too long there: then a short one named by the cluster's secret id."""
    wanted = home / "run"
    if len(os.fsencode(wanted / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES:
        return wanted
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(os.fsencode(runtime)) > 60:
        runtime = Path("/tmp")  # noqa: S108 prepare() refuses a directory that somebody else made there
    return runtime / f"posthorn-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
