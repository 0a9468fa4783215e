"""What is taken for a credential, and what is left readable."""

from __future__ import annotations

import time

import pytest

from brokkr_core.apply.difference.credentials import is_custom, sounds_secret, tells_secret

CREDENTIALS = """
    DB_PASSWORD PGPASSWORD MYSQL_PWD token apiToken API_KEY APIKey apikey tls.key id_rsa.key AWS_SECRET_ACCESS_KEY
    credentials passphrase auth BASIC_AUTH SENTRY_DSN keys KEY_1
    """


@pytest.mark.parametrize("name", CREDENTIALS.split())
def test_a_name_that_sounds_like_a_credential_is_one(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize(
    "name", ["LOG_LEVEL", "KEYCLOAK_URL", "replicas", "author", "bypass", "compass", "passive", ""]
)
def test_other_names_stay_readable(name: str) -> None:
    assert not sounds_secret(name)


@pytest.mark.parametrize(
    "text",
    [
        "postgres://web:hunter2@db:5432/shop",
        "redis://:hunter2@cache",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "level: info\ndb:\n  password: hunter2\n",
        '{"user":"web","token":"hunter2"}',
        "spring.datasource.password=hunter2",
        "--client-secret=hunter2",
        "Server=db;Password = hunter2;",
    ],
)
def test_a_text_that_carries_a_credential_tells_so_itself(text: str) -> None:
    assert tells_secret(text)


@pytest.mark.parametrize(
    "text",
    ["https://example.com/a?b=c", "ghcr.io/shop/external-secrets:v1.2", "level: info", "the token is short", "a=b", ""],
)
def test_other_texts_stay_readable(text: str) -> None:
    assert not tells_secret(text)


@pytest.mark.parametrize("piece", ["token", "token ", "://", "://a:", '"key"', "-----BEGIN ", "pass_"])
def test_a_long_text_made_to_be_slow_is_read_in_no_time(piece: str) -> None:
    start = time.thread_time()
    tells_secret(piece * (1_000_000 // len(piece)))

    assert time.thread_time() - start < 5.0


def test_kinds_of_kubernetes_projects_are_not_custom() -> None:
    groups = ("", "apps", "batch", "rbac.authorization.k8s.io", "gateway.networking.k8s.io", "shop.example.com")

    assert [is_custom(group) for group in groups] == [False, False, False, False, False, True]
