"""``brokkr-agent log-level``: show the levels of a running agent's log, or change one for a time."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import click

from brokkr_agent.commands.control import control_options, open_control
from brokkr_agent.commands.options import output_option
from brokkr_core.errors import UsageError
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig

PATH = "/v1/log-levels"


@click.command("log-level")
@click.argument("component", required=False)
@click.argument("level", required=False)
@click.option(
    "--for", "ttl", default="10m", show_default=True, help="For how long: seconds, or a number with s, m or h."
)
@control_options
@output_option
def log_level_command(
    *, component: str | None, level: str | None, ttl: str, url: str, token_file: str | None, output: str
) -> None:
    """Show the levels of a running agent's log, or change that of COMPONENT to LEVEL for a time.

    LEVEL is debug, info, warning or error.
    """
    if component and not level:
        raise UsageError(f"log-level {component}: say which level, or no component to see all levels")
    client = open_control(url, token_file)
    told: JsonObject
    if component and level:
        told = client.put(f"{PATH}/{quote(component, safe='')}?{urlencode({'level': level, 'ttl': ttl})}")
        rows: list[Json] = [told]
    else:
        told = client.get(PATH)
        rows = as_list(told.get("levels"))
    click.echo(json.dumps(told, indent=2) if output == "json" else "\n".join(map(_row, rows)))


def _row(one: Json) -> str:
    left = dig(one, "seconds_left")
    more = f"  for {left:g} s" if isinstance(left, int | float) else ""
    return f"{as_text(dig(one, 'component')):<24}{as_text(dig(one, 'level'))}{more}"
