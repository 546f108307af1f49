import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
import pytest

from config.cluster import Cluster
from tests.config.service import MANAGE, Service, command, environment, eventually, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    deep = tmp_path_factory.mktemp("up") / ("d" * 90) / "a b"  # longer than a socket's path may be
    deep.parent.mkdir()
    with serving(deep) as running:
        yield running


def test_it_prints_where_it_is(service: Service) -> None:
    assert f"http://127.0.0.1:{service.port}" in service.output


def test_a_second_one_on_the_same_data_is_refused(service: Service) -> None:
    second = command(service.data_dir, "up", "--port", "0")
    assert second.returncode != 0
    assert "runs already" in second.stderr


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = command(tmp_path / "data", "up", "--port", port)
    assert refused.returncode != 0
    assert port in refused.stderr and "--port" in refused.stderr


def test_a_command_works_while_it_runs(service: Service) -> None:
    assert command(service.data_dir, "add_user", "while@example.org").returncode == 0
    assert service.status() == 200


def test_an_argument_that_is_called_like_a_command_is_an_argument(service: Service) -> None:
    assert command(service.data_dir, "add_domain", "check").returncode == 0


@pytest.mark.parametrize("module", ["config.web", "config.worker"])
def test_a_dead_process_is_started_again(service: Service, module: str) -> None:
    assert eventually(lambda: len(service.processes(module)) > 0)
    before = service.processes(module)
    before[0].kill()
    assert eventually(lambda: len(now := service.processes(module)) == len(before) and before[0] not in now)
    assert eventually(lambda: service.status() == 200)


def test_a_dead_database_is_started_again(service: Service) -> None:
    before = service.postmaster()
    before.kill()
    assert eventually(lambda: Cluster(service.data_dir).running() and service.postmaster() != before, 40)
    assert eventually(lambda: command(service.data_dir, "add_domain", "after.example").returncode == 0, 40)


def test_another_worker_may_run_beside_it_and_ends_when_asked(service: Service) -> None:
    assert eventually(lambda: consumers(service) == 1)
    with subprocess.Popen([*MANAGE, "work", "--data", str(service.data_dir)], env=environment()) as worker:
        assert eventually(lambda: consumers(service) == 2, 60)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0


def consumers(service: Service) -> int:
    """Workers that listen for messages."""
    with psycopg.connect(Cluster(service.data_dir).service_url()) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'posthorn worker'"
        [(number,)] = connection.execute(query).fetchall()
        return int(number)


def test_the_secrets_are_readable_by_the_owner_alone(service: Service) -> None:
    secrets = [service.data_dir / name for name in ("secret_key", "database_password", "database_admin_password")]
    assert {secret.stat().st_mode & 0o777 for secret in secrets} == {0o600}
    place = Cluster(service.data_dir).place
    assert {path.stat().st_mode & 0o777 for path in (place.home, place.socket_dir, place.cluster)} == {0o700}


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as service:
        family = [*psutil.Process(service.process.pid).children(recursive=True), service.postmaster()]
        assert service.end(signal.SIGINT) == 0
        assert psutil.wait_procs(family, timeout=5)[1] == []


def test_what_a_killed_service_leaves_is_adopted(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as service:
        assert eventually(lambda: service.processes("config.web") and service.processes("config.worker"))
        children, postmaster = psutil.Process(service.process.pid).children(), service.postmaster()
        service.end(signal.SIGKILL)
        assert psutil.wait_procs([child for child in children if child != postmaster], timeout=20)[1] == []
        with serving(tmp_path / "data") as again:
            assert again.postmaster() == postmaster


def test_a_command_starts_the_database_for_itself_and_stops_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    try:
        assert command(data, "add_user", "first@example.org").returncode == 0
        assert not Cluster(data).running()
    finally:
        Cluster(data).destroy()


def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    place = Cluster(tmp_path / "data").place
    place.prepare()
    place.cluster.mkdir()
    (place.cluster / "PG_VERSION").write_text("12\n")
    try:
        refused = command(tmp_path / "data", "up", "--port", "0")
        assert refused.returncode != 0
        assert "PostgreSQL 12" in refused.stderr
    finally:
        place.remove()


def test_slow_clients_hold_no_thread(service: Service) -> None:
    slow = [slow_request(service.port) for _ in range(40)]
    try:
        assert service.status() == 200
    finally:
        for client in slow:
            client.close()


def slow_request(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"POST /jmap/api HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    return client


@pytest.mark.parametrize(
    ("path", "length"), [("/jmap/api", 10_000_001), ("/jmap/upload/a1", 50_000_001), ("/login", 10_000_001)]
)
def test_too_large_a_body_is_refused_before_it_is_sent(service: Service, path: str, length: int) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert client.recv(100).split(b" ")[1] in (b"413", b"401")  # RFC 8620 §3.6.1


def test_a_chunked_body_is_cut_off_at_the_limit(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as client:
        client.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sender = threading.Thread(target=send_chunks, args=(client, 12))
        sender.start()
        assert client.recv(100).split(b" ")[1] == b"413"
        sender.join()


def send_chunks(client: socket.socket, number: int) -> None:
    chunk = b"f4240\r\n" + bytes(1_000_000) + b"\r\n"
    try:
        for _ in range(number):
            client.sendall(chunk)
    except OSError:
        pass
