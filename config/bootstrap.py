"""Runs uv, fetching it first where it is missing: `python3 config/bootstrap.py sync --frozen`.

Standard library alone, for a bare Debian python3 has neither pip nor venv. The wheel comes from the package index
(PIP_INDEX_URL, proxies and PIP_CERT are honoured) and must have the pinned hash."""

import hashlib
import io
import os
import platform
import re
import shutil
import ssl
import stat
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
WHEELS = {
    "x86_64": (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}
HERE = Path(__file__).resolve().parent.parent / ".bootstrap"


def tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or None)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, context=tls() if url.startswith("https:") else None, timeout=120) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def find_wheel() -> tuple[str, str]:
    """(address, SHA-256) of the wheel for this machine."""
    machine = platform.machine()
    if machine not in WHEELS:
        sys.exit(f"No uv is pinned for {machine}: install uv {VERSION} yourself and put it on the PATH.")
    tag, digest = WHEELS[machine]
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/uv/"
    page = fetch(index).decode("utf-8", "replace")
    match = re.search(rf'href="([^"]*uv-{re.escape(VERSION)}-py3-none-{re.escape(tag)}\.whl[^"]*)"', page)
    if match is None:
        sys.exit(f"The package index {index} has no uv {VERSION} for {machine}.")
    return urllib.parse.urljoin(index, match[1].replace("&amp;", "&")), digest


def install_uv() -> Path:
    """The uv program, unpacked into .bootstrap/."""
    program = HERE / f"uv-{VERSION}"
    if program.exists():
        return program
    address, digest = find_wheel()
    wheel = fetch(address.partition("#")[0])
    if hashlib.sha256(wheel).hexdigest() != digest:
        sys.exit(f"{address} is not the uv that is pinned: its hash differs.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        content = archive.read(f"uv-{VERSION}.data/scripts/uv")
    HERE.mkdir(exist_ok=True)
    making = HERE / f"uv.{os.getpid()}"
    making.write_bytes(content)
    making.chmod(making.stat().st_mode | stat.S_IXUSR)
    making.rename(program)
    return program


def trust_what_python_trusts() -> None:
    """uv has authorities of its own and knows neither PIP_CERT nor, unasked, those of the system (a company's)."""
    paths = ssl.get_default_verify_paths()
    if os.environ.get("PIP_CERT"):
        os.environ.setdefault("SSL_CERT_FILE", os.environ["PIP_CERT"])
    elif paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        os.environ.setdefault("UV_SYSTEM_CERTS", "true")


def main() -> None:
    program = shutil.which("uv") or str(install_uv())
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    trust_what_python_trusts()
    os.chdir(HERE.parent)
    os.execv(program, ["uv", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
