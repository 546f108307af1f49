import logging

import pytest

from tests.config import probe


def test_a_failed_task_is_named_without_what_it_failed_over(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        probe.fail.apply(("a secret, ä",))
    assert "Task probe.fail failed" in caplog.text
    assert "UnicodeEncodeError" in caplog.text and "secret, " not in caplog.text
