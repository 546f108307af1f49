"""What a signature may cost."""

from bench.signatures import cost, works


def test_signing_a_message_of_10_kb_takes_under_3_milliseconds() -> None:
    assert cost(works(10_000)["sign (RSA and Ed25519)"], rounds=50) < 3.0
