"""Web push encryption and VAPID against the examples of the RFCs and against other implementations."""

import os

import http_ece  # type: ignore[import-untyped, unused-ignore]
import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from jmap.push import vapid
from jmap.push.encryption import encrypt, encrypt_with
from jmap.push.vapid import from_base64url

# RFC 8291 §5
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
CLIENT_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SERVER_SECRET = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
TEXT = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_rfc_8291_comes_out() -> None:
    own = ec.derive_private_key(int.from_bytes(from_base64url(SERVER_SECRET)), ec.SECP256R1())
    body = encrypt_with(TEXT, from_base64url(CLIENT_KEY), from_base64url(AUTH), own, from_base64url(SALT))
    assert body == from_base64url(BODY)


@given(st.binary(max_size=3993))
def test_http_ece_reads_what_we_encrypt(message: bytes) -> None:
    key, secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    body = encrypt(message, point, secret)
    assert len(body) <= 4096
    assert http_ece.decrypt(body, private_key=key, auth_secret=secret, version="aes128gcm") == message


@pytest.mark.parametrize("octets", [b"", b"\x04" + bytes(64), bytes(65), b"\x04" * 66, b"\x02" + bytes(32)])
def test_what_is_no_point_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError):
        encrypt(b"x", octets, bytes(16))


def test_a_push_is_signed_for_its_origin_with_the_key_announced() -> None:
    scheme, _, parameters = vapid.authorization("https://push.test").partition(" ")
    given = dict(part.split("=", 1) for part in parameters.split(", "))
    assert (scheme, given["k"]) == ("vapid", vapid.application_server_key())
    head, claims, signature = given["t"].split(".")
    raw = from_base64url(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(given["k"]))
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert orjson.loads(from_base64url(head)) == {"typ": "JWT", "alg": "ES256"}
    found = orjson.loads(from_base64url(claims))
    assert found["aud"] == "https://push.test"
    assert found["sub"].startswith(("mailto:", "https:"))
    import time

    assert 6 * 3600 <= found["exp"] - time.time() <= 24 * 3600  # RFC 8292 §2
