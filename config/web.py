"""One web process: uvicorn on a socket that the supervisor opened. Run as `python -m config.web FD`."""

import argparse
import ctypes
import os
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process with the one that started it."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we could ask
        sys.exit(1)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("fd", type=int, help="the listening socket")
    parser.add_argument("--parent", type=int, required=True, help="the supervisor's process id")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    die_with_parent(arguments.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, which then ends us
    import uvicorn
    from django.conf import settings

    from config.asgi import hub

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Streams end at once; uvicorn would wait for them to end by themselves."""
            hub.close_streams()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        "config.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=2 * settings.MAX_SIZE_REQUEST,  # what is a little too large is told so, what is larger is cut off
        ws_per_message_deflate=False,  # 64 KB for each connection
        ws_ping_interval=30,
        ws_ping_timeout=60,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # accounts.client_address decides whom to believe
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=arguments.tls_cert,
        ssl_keyfile=arguments.tls_key,
    )
    server = Server(config)
    server.run(sockets=[socket.socket(fileno=arguments.fd)])


if __name__ == "__main__":
    main()
