"""One root URL, whatever way it was written down."""

from __future__ import annotations

import pytest

from brokkr_core.broker.address import root_address
from brokkr_core.errors import ConfigError


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("http://localhost:3000///", "http://localhost:3000"),
        ("  https://brokkr.example/eu/ \n", "https://brokkr.example/eu"),
        ("https://brokkr.example//a//b/", "https://brokkr.example/a/b"),
        ("HTTPS://brokkr.example", "https://brokkr.example"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
    ],
)
def test_every_way_to_write_the_root_becomes_one(written: str, root: str) -> None:
    assert root_address(written) == root


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("brokkr.example", "has to start with http"),
        ("ftp://brokkr.example", "has to start with http"),
        ("http://", "names no host"),
        ("http:///only/path", "names no host"),
        ("http://host:99999", "cannot be read"),
        ("http://host:0", "port 0"),
        ("http://[::1", "cannot be read"),
        ("http://host/a b", "white space"),
        ("http://host/?x=1", "query or fragment"),
        ("http://host/#top", "query or fragment"),
        ("https://host/api/v1", "give the root"),
        ("https://host/eu/api/v1/", "give the root"),
    ],
)
def test_an_unusable_url_is_named_with_what_to_do(written: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        root_address(written)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        root_address("https://me:hunter2@host")
    assert "user or password" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_all_faults_of_a_url_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        root_address("ftp://me@host/api/v1?x=1")
    assert len(caught.value.faults) == 4
