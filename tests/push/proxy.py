"""A TCP proxy that breaks connections off."""

import contextlib
import socket
import threading


class Proxy:
    """Listens on `port` and passes everything on to a target, until `drop`."""

    def __init__(self, target: int) -> None:
        self.target, self.pairs = target, set[tuple[socket.socket, socket.socket]]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target), timeout=10)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                self.pairs.add((client, server))
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(1 << 16):
                sink.sendall(octets)
        for end in (source, sink):
            cut(end)

    def drop(self) -> None:
        """Break off every connection there is."""
        pairs, self.pairs = self.pairs, set()
        for end in {end for pair in pairs for end in pair}:
            cut(end)

    def close(self) -> None:
        cut(self.listener)
        self.listener.close()
        self.drop()


def cut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
