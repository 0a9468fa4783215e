"""What the commands share that ask a running agent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from brokkr_core.errors import UsageError

if TYPE_CHECKING:
    from brokkr_agent.remote import ControlClient

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:8081"


def control_options(command: Command) -> Command:
    """Add ``--url`` and ``--token-file``."""
    shown = "File with the token that the agent asks for."
    file = click.option("--token-file", type=click.Path(dir_okay=False), envvar="BROKKR_CONTROL_TOKEN_FILE", help=shown)
    root = "Root of the agent's control API."
    url = click.option("--url", envvar="BROKKR_CONTROL_URL", default=DEFAULT_URL, show_default=True, help=root)
    return url(file(command))


def open_control(url: str, token_file: str | None) -> ControlClient:
    """Make a client; nothing is sent yet, and the token is read anew for every request.

    Raises:
        UsageError: the URL or the file is unusable.
    """
    from brokkr_agent.remote import ControlClient  # noqa: PLC0415 - loads http.client

    def token() -> str:
        if token_file is None:
            return ""
        try:
            shown = Path(token_file).read_text().strip()
        except (OSError, ValueError) as error:
            raise UsageError(f"--token-file {token_file}: cannot be read: {error}") from error
        if not (shown.isascii() and shown.isprintable()):  # http.client would refuse it, and show it doing so
            raise UsageError(f"--token-file {token_file}: a token is one line of printable ASCII characters")
        return shown

    token()
    return ControlClient(url, token)
