#!/usr/bin/env python
"""The command line: `manage.py up` runs the whole service; the other commands administer it."""

import os
import sys
from pathlib import Path


def choose_data_dir(arguments: list[str]) -> None:
    """Let `--data DIR` decide where the service lives before the settings are read."""
    for at, word in enumerate(arguments):
        if word == "--data" and at + 1 < len(arguments):
            os.environ["DATA_DIR"] = str(Path(arguments[at + 1]).absolute())
        elif word.startswith("--data="):
            os.environ["DATA_DIR"] = str(Path(word.removeprefix("--data=")).absolute())


# What needs no database, or sees to it itself; all else finds it running, for as long as the command lasts.
WITHOUT_DATABASE = {
    "up",
    "help",
    "check",
    "makemigrations",
    "collectstatic",
    "diffsettings",
    "--help",
    "-h",
    "--version",
}


def needs_database(arguments: list[str]) -> bool:
    """Whether the command (with what follows it) has to find one running; it may be named like one that needs none
    further on, as `domain check` is."""
    if not arguments or arguments[0] in WITHOUT_DATABASE:
        return False
    return not {"--help", "-h"} & set(arguments)


def run_with_database(data_dir: Path) -> None:
    from config.binaries import NoBinaries
    from config.cluster import ClusterFailed, running_cluster
    from config.cluster_place import BadPlace

    try:
        with running_cluster(data_dir):
            run()
    except (ClusterFailed, NoBinaries, BadPlace) as error:
        sys.exit(str(error))


def run() -> None:
    from django.core.management import call_command, execute_from_command_line

    if sys.argv[1] != "migrate" and not os.environ.get("DATABASE_URL"):
        import django

        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
    execute_from_command_line(sys.argv)


def main() -> None:
    choose_data_dir(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if os.environ.get("DATABASE_URL") or not needs_database(sys.argv[1:]):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
        return
    from config.environment import env_path

    run_with_database(env_path("DATA_DIR", Path(__file__).resolve().parent / ".data"))


if __name__ == "__main__":
    main()
