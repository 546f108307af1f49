"""The user that PostgreSQL runs as: ourselves, or, as PostgreSQL refuses root, a system user of its own."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "posthorn"
STATE = Path("/var/lib/posthorn")  # where a service started by root keeps its cluster


@dataclass(frozen=True)
class Owner:
    """Who owns the cluster; `switch` says whether a child has to become them."""

    uid: int
    gid: int
    switch: bool

    def process_options(self) -> dict[str, Any]:
        """For subprocess: the child gives up root and every group of root's before it executes anything."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def make_directory(self, path: Path) -> Path:
        """A directory for the owner alone (and root, whom nothing stops). Parents keep their permissions."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.switch:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)
        return path

    def write_private(self, path: Path, text: str) -> None:
        """A file that the owner alone can read; never open to others, not even for a moment."""
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            if self.switch:
                os.fchown(handle, self.uid, self.gid)
            file.write(text)


def cluster_owner() -> Owner:
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), switch=False)
    entry = system_user()
    return Owner(entry.pw_uid, entry.pw_gid, switch=True)


def system_user() -> pwd.struct_passwd:
    """The system user `posthorn` (no login, no home), made when missing; `nobody` where users can't be added."""
    if (entry := existing_user(NAME)) is None:
        add_system_user()
        entry = existing_user(NAME)
    return entry or pwd.getpwnam("nobody")


def existing_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def add_system_user() -> None:
    places = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    home = str(STATE)
    if program := shutil.which("useradd", path=places):
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", "/usr/sbin/nologin"]
        subprocess.run([program, *options, NAME], capture_output=True)  # noqa: S603
    elif program := shutil.which("adduser", path=places):  # BusyBox
        subprocess.run([program, "-S", "-D", "-H", "-h", home, "-s", "/sbin/nologin", NAME], capture_output=True)  # noqa: S603
