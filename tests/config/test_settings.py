import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'env_(?:text|int|bool|choice|list|path|durations)\(\s*"([A-Z_]+)"')


def read_variables() -> set[str]:
    files = [path for part in ("config", "accounts", "jmap", "webmail") for path in (ROOT / part).rglob("*.py")]
    return {name for path in files for name in READ.findall(path.read_text())} | {"SECRET_KEY"}


def documented_variables() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/self-hosting.md").read_text(), re.MULTILINE))


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    assert documented_variables() == read_variables()


@pytest.mark.parametrize("setting", ["PORT=eighty", "DEBUG=perhaps", "MTA_STS_MODE=maybe", "RETRY_SCHEDULE=2m,soon"])
def test_a_setting_that_makes_no_sense_is_named(setting: str) -> None:
    command = ["env", setting, sys.executable, "manage.py", "check"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode != 0
    assert setting.split("=")[0] in answer.stderr


def test_redis_without_its_package_is_refused_with_the_remedy() -> None:
    code = "import sys; sys.modules['redis'] = None; import config.settings"
    command = ["env", "BROKER_URL=redis://127.0.0.1:1/0", sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode != 0
    assert "--extra redis" in answer.stderr
