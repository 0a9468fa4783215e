"""The token for the control API, on the caller's side: what no header can carry is refused, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokkr_agent.commands.control import open_control
from brokkr_core.errors import UsageError


@pytest.mark.parametrize("text", ["s3cret\nX-More: s3cret", "s3cret-\u20ac", "s3cret\0s3cret", "s3cret\rs3cret"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(text.encode())

    with pytest.raises(UsageError, match="a token is one line of printable ASCII characters") as refused:
        open_control("http://127.0.0.1:1", str(file))
    assert "s3cret" not in str(refused.value)


def test_a_token_that_went_bad_later_is_refused_as_well(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("correct-horse-battery\n")
    client = open_control("http://127.0.0.1:1", str(file))
    file.write_text("correct-horse\nbattery\n")

    with pytest.raises(UsageError, match="one line"):
        client.get("/v1/deployments")
