"""Addresses that nobody has yet."""

import secrets

import pytest


@pytest.fixture
def domain() -> str:
    return f"{secrets.token_hex(6)}.example"


@pytest.fixture
def email(domain: str) -> str:
    return f"someone@{domain}"
