"""Write the reference of the settings from their definitions: ``python -m brokkr_agent.reference docs/reference``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from brokkr_agent.config import GROUPS
from brokkr_agent.schema import settings_schema
from brokkr_agent.settings import Setting, defined_in

#: What stands above it on the page is written by people, and all below by this module.
MARK = "<!-- What follows is written by: nox -s settings -->\n"

PAGE = "settings.md"
SCHEMA = "settings.schema.json"


def tables() -> str:
    """Return a table of every group of settings, as Markdown."""
    return "\n".join(_table(section, group) for section, group in GROUPS)


def page(written: str) -> str:
    """Return the page with its tables as they have to be.

    Args:
        written: the page as it is.
    """
    return f"{written.partition(MARK)[0]}{MARK}\n{tables()}"


def schema() -> str:
    """Return the JSON Schema of a settings file, as text."""
    return json.dumps(settings_schema(), indent=2) + "\n"


def _table(section: str, group: type) -> str:
    title, _, more = (group.__doc__ or "").partition("\n\n")
    head = "| Setting | Default | Allowed | Applies | Meaning |\n| --- | --- | --- | --- | --- |\n"
    rows = "".join(_row(f"{section}.{name}", one) for name, one in defined_in(group).items())
    told = f"{more.strip()}\n\n" if more else ""
    return f"## {title.strip().rstrip('.')}\n\n{told}{head}{rows}"


def _row(key: str, one: Setting) -> str:
    return f"| `{key}` | {_default(one.default)} | {one.allowed} | {one.applies} | {one.meaning} |\n"


def _default(value: object) -> str:
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, int | float) else f"`{value}`"


def main() -> None:
    """Write page and schema into a folder."""
    (folder,) = map(Path, sys.argv[1:])
    (folder / PAGE).write_text(page((folder / PAGE).read_text()))
    (folder / SCHEMA).write_text(schema())


if __name__ == "__main__":
    main()
