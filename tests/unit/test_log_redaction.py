"""What a log line may show: what looks like a credential is hidden, and what only speaks of one stays."""

from __future__ import annotations

import math
import time

import pytest

from brokkr_agent.logs.redaction import MOST_CHARACTERS, MOST_DEPTH, MOST_MEMBERS, Redaction, without_looks
from brokkr_agent.logs.secrets import MOST_SECRETS, Secrets
from brokkr_core.broker import Pak
from brokkr_core.model.json import Json

PAK = "brokkr_BRaHJ8kQ_" + "4kZ9vWq7xY2mN5pR"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl"


def plain(value: object, *, known: tuple[str, ...] = ()) -> Json:
    secrets = Secrets()
    secrets.know(*known)
    return Redaction(secrets.hide).fields({"field": value})["field"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"PAK {PAK} refused", "PAK brokkr_BRaHJ8kQ_… refused"),
        ("Authorization: Bearer abc123def456", "Authorization: (hidden)"),
        ("sent Bearer abc123def456, refused", "sent Bearer (hidden), refused"),
        ("with basic dXNlcjpwYXNz", "with basic (hidden)"),
        (f"token is {JWT}.", "token is (hidden)."),
        ("postgres://user:hunter2@db:5432/x failed", "postgres://(hidden)@db:5432/x failed"),
        ("https://:hunter2@host/", "https://(hidden)@host/"),
        ("clone https://hunter2@host/x", "clone https://(hidden)@host/x"),
        (f"key {PEM} end", "key (hidden: a private key) end"),
        (PEM.replace("\n", "\\n"), "(hidden: a private key)"),
        (PEM[:40], "(hidden: a private key)"),
        ("GET /hook?token=abc&x=1", "GET /hook?token=(hidden)&x=1"),
        ("run --password=hunter2 --verbose", "run --password=(hidden) --verbose"),
        ('{"api_key": "hunter2", "x": 1}', '{"api_key": "(hidden)", "x": 1}'),
        ("{'dbPassword': 'hunter2'}", "{'dbPassword': '(hidden)'}"),
        ('{\\"token\\":\\"hunter2\\"}', '{\\"token\\":\\"(hidden)\\"}'),
        (r'{"token": "hun\"ter\\", "x": "y"}', '{"token": "(hidden)", "x": "y"}'),
        (r"{\"token\": \"hun\\\"ter\", \"x\": 1}", r"{\"token\": \"(hidden)\", \"x\": 1}"),
        ('the answer {"token": "hunt', 'the answer {"token": "(hidden)"'),
        ("data:\n  password: hunter2 and more\n  x: y", "data:\n  password: (hidden)\n  x: y"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, shown: str) -> None:
    assert without_looks(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Secret/default/db-credentials: failed: Forbidden: no",
        "2 of 3 objects did not succeed; rollback: EXACT\nSecret/default/token: blocked: x",
        "the token file /var/run/token is empty; write a token into it",
        "https://host:6443/api/v1/namespaces/default/secrets/one",
        "image registry.example.com/secret-store:1.2",
        "GET https://host?by=a@b",
        "a basic configuration, a bearer of news",
        'secrets "db-password" not found',
    ],
)
def test_what_only_speaks_of_a_credential_stays(text: str) -> None:
    assert without_looks(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "token" + "\n" * 4_096,
        "eyJaaaaaaaa-" * 8_192,
        "://" + "a:" * 16_384,
        "brokkr_BR" + "a" * 32_768,
        "'token': '" * 8_192,
    ],
    ids=["blank lines", "token heads", "colons", "PAK", "quotes"],
)
def test_no_text_takes_long_to_search(text: str) -> None:
    """What grows with the square of the length takes several seconds for these, and the rest a tenth of one."""
    begun = time.thread_time()
    without_looks(text)

    assert time.thread_time() - begun < 1.0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"password": "x", "secretName": "b"}, {"password": "(hidden)", "secretName": "b"}),
        ({"kind": "Secret", "type": "a", "data": {"b": "Yw=="}}, {"kind": "Secret", "type": "a", "data": "(hidden)"}),
        ([{"token": ["a", "b"]}], [{"token": "(hidden)"}]),
        (b"abc", "<3 bytes>"),
        (Pak(text=PAK), "Pak(brokkr_BRaHJ8kQ_…)"),
        (math.nan, "nan"),
        ((1, None, True, 1.5), [1, None, True, 1.5]),
    ],
)
def test_values_become_plain_and_are_hidden_by_their_names(value: object, shown: Json) -> None:
    assert plain(value) == shown


def test_a_number_under_a_secret_name_stays() -> None:
    fields = Redaction(str).fields({"tokens": 3, "token_set": True})

    assert fields == {"tokens": 3, "token_set": True}


def test_a_line_stays_readable_however_much_is_logged() -> None:
    deep: object = "end"
    for _ in range(MOST_DEPTH + 5):
        deep = [deep]

    assert "end" not in str(plain(deep))
    many = plain(list(range(MOST_MEMBERS * 2)))
    assert isinstance(many, list)
    assert len(many) == MOST_MEMBERS
    assert len(str(plain("x" * MOST_CHARACTERS * 2))) < MOST_CHARACTERS + 100


def test_no_cut_leaves_half_a_secret() -> None:
    secret = "correct horse battery"
    text = "x" * (MOST_CHARACTERS - 5) + secret

    assert "corre" not in str(plain(text, known=(secret,)))


def test_what_has_no_text_is_told_by_its_kind() -> None:
    class Mute:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert plain(Mute()) == "<Mute without a text: RuntimeError>"


def test_of_secrets_the_newest_are_known() -> None:
    secrets = Secrets()
    values = [f"secret-number-{number:03}" for number in range(MOST_SECRETS + 1)]
    for value in values:
        secrets.know(value, "")

    assert secrets.hide(values[-1]) == "(hidden)"
    assert secrets.hide(values[1]) == "(hidden)"
    assert secrets.hide(values[0]) == values[0]


def test_each_line_of_a_secret_is_one() -> None:
    assert plain("said second line, no more", known=("first line\nsecond line",)) == "said (hidden), no more"
