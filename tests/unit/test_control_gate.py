"""Who may ask the control API, and what is found behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from structlog.testing import capture_logs

from brokkr_agent.control import Api, Gate, Route, TokenFile
from brokkr_agent.http import Answer, Request
from brokkr_agent.http.answer import PROBLEM
from brokkr_agent.load import load_settings
from brokkr_core.errors import ConfigError

TOKEN = "correct-horse-battery"


def echo(request: Request) -> Answer:
    return Answer(status=200, body=" ".join([request.path, *request.captured.values()]).encode())


ROUTES = (
    Route(method="GET", path="/v1/things", answer=echo),
    Route(method="GET", path="/v1/things/{id}", answer=echo),
    Route(method="PUT", path="/v1/things/{id}", answer=echo),
)


def token_file(folder: Path, text: str = TOKEN) -> TokenFile:
    path = folder / "token"
    path.write_text(text + "\n")
    return TokenFile(path)


def ask(
    path: str = "/v1/things",
    method: str = "GET",
    headers: Mapping[str, str] = MappingProxyType({}),
    *,
    token: TokenFile | None = None,
) -> tuple[int, str]:
    named = {"host": "localhost:8081", **headers}
    api = Api(Gate(address="127.0.0.1", token=token), ROUTES)
    answer = api(Request(method=method, path=path, headers=named))
    assert isinstance(answer, Answer)
    if answer.status != 200:
        assert answer.content_type == PROBLEM
        assert json.loads(answer.body)["status"] == answer.status
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
    return answer.status, answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/v1/things", (200, "/v1/things")),
        ("HEAD", "/v1/things", (200, "/v1/things")),
        ("GET", "/v1/things/a%2Fb", (200, "/v1/things/a%2Fb a/b")),
        ("PUT", "/v1/things/a", (200, "/v1/things/a a")),
    ],
)
def test_a_route_is_found_by_method_and_path(method: str, path: str, told: tuple[int, str]) -> None:
    assert ask(path, method) == told


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/things/", "/v1/things/a/b", "/V1/things", "/v1/things//"])
def test_what_is_not_there_is_a_404(path: str) -> None:
    status, _ = ask(path)

    assert status == (200 if path == "/v1/things/" else 404)


def test_another_method_is_told_which_ones_there_are() -> None:
    answer = Api(Gate(address="127.0.0.1"), ROUTES)(
        Request(method="DELETE", path="/v1/things/a", headers={"host": "localhost"})
    )

    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers) == (405, (("Allow", "GET, HEAD, PUT"),))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8081", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:8081", 200),
        ("127.9.9.9", 200),
        ("[::1]:8081", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil@localhost.evil.example", 421),
        ("192.0.2.1:8081", 421),
        ("[", 421),
        ("", 421),
    ],
)
def test_without_a_token_only_this_machine_is_asked_for(host: str, status: int) -> None:
    assert ask(headers={"host": host})[0] == status
    assert ask("/v1/things/a", "PUT", {"host": host})[0] == status


@pytest.mark.parametrize(
    ("headers", "put"),
    [
        ({}, 200),
        ({"origin": "http://localhost:8081"}, 200),
        ({"origin": "http://localhost:9999"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_a_page_of_another_origin_changes_nothing_with_a_token_or_without(
    tmp_path: Path, headers: dict[str, str], put: int
) -> None:
    assert ask("/v1/things/a", "PUT", headers)[0] == put
    shown = {"authorization": f"Bearer {TOKEN}", **headers}
    assert ask("/v1/things/a", "PUT", shown, token=token_file(tmp_path))[0] == put
    assert ask("/v1/things/a", "GET", headers)[0] == 200


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (None, 401),
        ("", 401),
        (TOKEN, 401),
        (f"Basic {TOKEN}", 401),
        (f"Bearer {TOKEN}x", 401),
        ("Bearer", 401),
        ("Bearer \u00e4", 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN} ", 200),
    ],
)
def test_the_token_is_asked_for_before_anything_is_told(tmp_path: Path, shown: str | None, status: int) -> None:
    headers = {} if shown is None else {"authorization": shown}
    token = token_file(tmp_path)

    assert ask(headers={"host": "agent.example", **headers}, token=token)[0] == status
    assert ask("/nothing", headers=headers, token=token)[0] == (401 if status == 401 else 404)


def test_a_token_is_changed_and_taken_away_without_a_restart(tmp_path: Path) -> None:
    token, other = token_file(tmp_path), "another-horse-battery"
    assert token.fits(TOKEN)

    new = tmp_path / "new"
    new.write_text(other)
    os.replace(new, tmp_path / "token")
    assert (token.fits(TOKEN), token.fits(other)) == (False, True)
    with capture_logs() as log:
        (tmp_path / "token").unlink()
        assert not token.fits(other)
        assert not token.fits(other)
        (tmp_path / "token").write_text("")
        assert not token.fits("")
        (tmp_path / "token").write_text(TOKEN)
        assert token.fits(TOKEN)

    told = [(line["event"], str(line.get("why", ""))[:8]) for line in log]
    assert told == [("no token fits", "cannot b"), ("no token fits", "has to h"), ("there is a token again", "")]
    assert TOKEN not in str(log)


@pytest.mark.parametrize("text", ["", "  \n", "short", f"{TOKEN}\n{TOKEN}", f"{TOKEN}\u20ac"])
def test_a_file_without_a_token_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="at least 16 printable ASCII characters in one line"):
        token_file(tmp_path, text)
    with pytest.raises(ConfigError, match=r"agent\.control_token_file .*: cannot be read: No such file"):
        TokenFile(tmp_path / "missing")


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.0.2.1"])
def test_an_address_that_others_reach_needs_a_token(address: str) -> None:
    open_to_all = {"BROKKR__AGENT__CONTROL_ADDRESS": address}

    with pytest.raises(ConfigError, match=r"agent\.control_address = .* agent\.control_token_file"):
        load_settings(environment=open_to_all)
    load_settings(environment={**open_to_all, "BROKKR__AGENT__CONTROL_TOKEN_FILE": "token"})
    load_settings(environment={**open_to_all, "BROKKR__AGENT__CONTROL_PORT": "0"})
