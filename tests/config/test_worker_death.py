import signal

import pytest

from tests.config import probe
from tests.config.probe_worker import probe_worker
from tests.config.service import eventually


@pytest.fixture(autouse=True)
def table() -> None:
    probe.prepare()


def test_what_a_killed_worker_held_is_given_to_another() -> None:
    id = probe.add_row()
    with probe_worker() as first:
        probe.stall.apply_async((id, 600), queue=probe.QUEUE)
        assert eventually(lambda: probe.runs(id) == 1)
        first.kill()
        first.wait()
    with probe_worker():
        assert eventually(lambda: probe.is_done(id) and probe.waiting() == 0, 30)


def test_a_stopped_worker_finishes_what_it_began() -> None:
    id = probe.add_row()
    with probe_worker() as worker:
        probe.stall.apply_async((id, 3), queue=probe.QUEUE)
        assert eventually(lambda: probe.runs(id) == 1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    assert (probe.is_done(id), probe.waiting()) == (True, 0)
