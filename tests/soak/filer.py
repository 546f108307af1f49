"""A process that files whatever has arrived, until it is killed. Run as `python -m tests.soak.filer`."""

import os
import time

import django

LOOK_EVERY = 0.02  # seconds, where nothing waits


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from jmap.core import sql
    from jmap.delivery.filing import file_arrival

    print("ready", flush=True)
    while True:
        found = sql.value("SELECT id FROM mail_arrival WHERE due_at <= now() ORDER BY random() LIMIT 1")
        if found is None:
            time.sleep(LOOK_EVERY)
        else:
            file_arrival(found)


if __name__ == "__main__":
    main()
