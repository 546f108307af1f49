"""The process that takes mail in, on sockets that the supervisor opened. Run as `python -m config.receive mx:5 …`."""

import argparse
import os
import signal

import django

from config.web import die_with_parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sockets", nargs="+", help="kind and descriptor of each listening socket, as mx:5")
    parser.add_argument("--parent", type=int, required=True, help="the supervisor's process id")
    arguments = parser.parse_args()
    die_with_parent(arguments.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, which then ends us
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from config.mail_ports import inherited
    from jmap.delivery.server import serve

    serve(inherited(arguments.sockets))


if __name__ == "__main__":
    main()
