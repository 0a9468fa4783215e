"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

#: Owner of what is applied by hand with ``--stack``; agents use their own id, so neither prunes the other's.
OWNER = "brokkr-cli"

Command = TypeVar("Command", bound=Callable[..., Any])


def source_options(command: Command) -> Command:
    """Add ``-f`` and ``-R``."""
    command = click.option("-R", "--recursive", is_flag=True, help="Go into subdirectories of -f.")(command)
    files = click.option("-f", "--filename", multiple=True, required=True, help="File, directory, or - for stdin.")
    return files(command)


def cluster_options(command: Command) -> Command:
    """Add ``--kubeconfig``, ``--context`` and ``-n``."""
    command = click.option("-n", "--namespace", help="For namespaced objects that name none.")(command)
    command = click.option("--context", help="Context of the kubeconfig.")(command)
    where = "Default: in-cluster credentials, then kubectl's."
    return click.option("--kubeconfig", type=click.Path(dir_okay=False), help=where)(command)


def conflict_options(command: Command) -> Command:
    """Add ``--force-conflicts``, ``--conflict`` and ``--recreate``."""
    anew = "Delete and create anew what has an immutable field changed; never namespaces, definitions and volumes."
    command = click.option("--recreate", is_flag=True, help=anew)(command)
    rule = "PATH=take, =yield or =fail, perhaps @MANAGERS, such as .spec.replicas=yield. May be repeated."
    command = click.option("--conflict", multiple=True, metavar="RULE", help=rule)(command)
    return click.option("--force-conflicts", is_flag=True, help="Take fields that other managers own.")(command)


def allow_option(command: Command) -> Command:
    """Add ``--allow``."""
    classes = "exact, value-only, identity-loss, irreversible; separated by commas or repeated. Default: all."
    what = f"Which changes may be made, by how far they can be taken back: {classes}"
    return click.option("--allow", multiple=True, metavar="CLASSES", help=what)(command)


def timeout_option(command: Command) -> Command:
    """Add ``--timeout``."""
    above = click.FloatRange(min=0, min_open=True)
    what = "Seconds an object may take to get ready."
    return click.option("--timeout", type=above, default=300.0, show_default=True, help=what)(command)


def config_option(command: Command) -> Command:
    """Add ``--config``: the settings file of the agent."""
    file = click.Path(dir_okay=False, path_type=Path)
    return click.option("--config", type=file, envvar="BROKKR_CONFIG_FILE", help="TOML file.")(command)


def output_option(command: Command) -> Command:
    """Add ``-o``."""
    kinds = click.Choice(["text", "json"])
    return click.option("-o", "--output", type=kinds, default="text", show_default=True)(command)
