import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.connection import BadResponse, Request, Server, Task, drive, fetch, path_of, read_answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status = {"/moved": 302, "/bad": 500}.get(self.path, 200)
        self.answer(status, self.headers["Authorization"].encode(), {"Location": "/here"} if status == 302 else {})

    def do_POST(self) -> None:
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])), {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield Server.of(f"http://127.0.0.1:{http.server_port}", "ann", "secret")
        http.shutdown()


def test_a_request_carries_the_login(server: Server) -> None:
    assert fetch(server, Request("/here")) == b"Basic YW5uOnNlY3JldA=="


def test_a_redirect_is_followed(server: Server) -> None:
    assert fetch(server, Request("/moved")) == b"Basic YW5uOnNlY3JldA=="


def test_an_error_does_not_count(server: Server) -> None:
    with pytest.raises(BadResponse):
        fetch(server, Request("/bad"))


@pytest.mark.parametrize("connections", [1, 8])
def test_tasks_get_the_answers_to_their_own_requests(server: Server, connections: int) -> None:
    checked: list[int] = []

    def task(number: int) -> Task:
        for part in range(3):
            body = b"%d.%d." % (number, part) * 20_000
            assert (yield Request("/", body)) == body
        checked.append(number)

    times: list[float] = []
    drive(server, connections, (task(number) for number in range(30)), lambda _, seconds: times.append(seconds))
    assert sorted(checked) == list(range(30))
    assert len(times) == 30
    assert all(times)


def test_a_bad_answer_ends_the_measurement(server: Server) -> None:
    def task() -> Task:
        yield Request("/bad")

    with pytest.raises(BadResponse):
        drive(server, 2, (task() for _ in range(5)), lambda *_: None)


@pytest.mark.parametrize(
    ("received", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nX: y\r\n\r\nabc", None),
        (b"HTTP/1.1 200 OK\r\nContent-Le", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", None),
    ],
)
def test_an_answer_is_read_when_it_is_complete(received: bytes, body: bytes | None) -> None:
    answer = read_answer(received)
    assert (answer.body if answer else None) == body


def test_the_path_of_a_url_keeps_its_query() -> None:
    assert path_of("https://x.org/upload/a1?z=1") == "/upload/a1?z=1"
