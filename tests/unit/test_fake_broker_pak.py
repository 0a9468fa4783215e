"""The PAK format of the fake broker (contract 2.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.testing.broker import DEFAULT_PAK, Settings
from brokkr_core.testing.broker.pak import base58, hash_of, long_token, mint


def test_the_hash_of_the_development_pak_is_the_shipped_one() -> None:
    assert hash_of(DEFAULT_PAK) == "4c697273df3d764cba950bb5c04368097685f09259f5bd880d892cf1ff9f4cdd"


def test_the_hash_ignores_the_first_two_parts() -> None:
    assert hash_of(f"x_y_{DEFAULT_PAK.split('_')[2]}") == hash_of(DEFAULT_PAK)


@pytest.mark.parametrize("text", ["", "a_b", "a_b_c_d"])
def test_a_text_without_three_parts_has_no_hash_and_is_not_repeated(text: str) -> None:
    assert long_token(text) is None
    with pytest.raises(ValueError, match="three parts") as caught:
        hash_of(text)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\0", "1"), (b"\0\0\x01", "112"), (b"Hello World!", "2NEpo7TZRRrLZSi2U")],
)
def test_base58_known_values(data: bytes, text: str) -> None:
    assert base58(data) == text


@given(st.binary(min_size=24, max_size=24))
def test_every_pak_has_the_agreed_shape(chance: bytes) -> None:
    pak = mint(lambda length: chance[:length], Settings())
    prefix, short, long = pak.split("_")
    assert prefix == "brokkr"
    assert len(short) == 8
    assert short.startswith("BR")
    assert 24 <= len(long) <= 33


def test_the_parts_follow_the_settings() -> None:
    settings = Settings(pak_prefix="acme", short_token_prefix="XY", short_token_length=4)
    prefix, short, _ = mint(lambda length: bytes(range(1, length + 1)), settings).split("_")
    assert (prefix, short[:2], len(short)) == ("acme", "XY", 4)


def test_settings_do_not_show_the_admin_pak() -> None:
    assert DEFAULT_PAK not in repr(Settings())
