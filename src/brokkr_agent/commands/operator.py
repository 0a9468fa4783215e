"""What commands of an operator share: the broker, and names in place of ids."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from brokkr_core.errors import UsageError

if TYPE_CHECKING:
    from brokkr_core.broker import BrokerClient, CredentialSource
    from brokkr_core.model.broker import Agent, Stack

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_URL = "http://localhost:3000"
#: The operator's own variables go before those the agent is started with.
URL_VARIABLES = ["BROKKR_BROKER_URL", "BROKKR__AGENT__BROKER_URL"]
FILE_VARIABLES = ["BROKKR_PAK_FILE", "BROKKR__AGENT__PAK_FILE"]
PAK_VARIABLES = ["BROKKR_PAK", "BROKKR__AGENT__PAK"]


def broker_options(command: Command) -> Command:
    """Add ``--broker-url`` and ``--pak-file``; there is no option for the PAK itself, which every ``ps`` would show."""
    file = "File that holds the PAK; without it the PAK is in BROKKR_PAK."
    command = click.option("--pak-file", type=click.Path(dir_okay=False), envvar=FILE_VARIABLES, help=file)(command)
    url = "Root URL of the broker."
    return click.option("--broker-url", envvar=URL_VARIABLES, default=DEFAULT_URL, show_default=True, help=url)(command)


def open_broker(url: str, pak_file: str | None, environment: Mapping[str, str] = os.environ) -> BrokerClient:
    """Make a client; nothing is sent yet.

    Args:
        url: root of the broker.
        pak_file: file that holds the PAK, if it is in one.
        environment: where the PAK is otherwise.

    Returns:
        The client; use it as a context manager.

    Raises:
        UsageError: there is no PAK.
        ConfigError: URL, PAK or file are unusable.
    """
    from brokkr_core.broker import BrokerClient, EnvironmentPak, FilePak  # noqa: PLC0415 - loads httpx

    source: CredentialSource
    if pak_file:
        source = FilePak(pak_file)
    else:
        variable = next((one for one in PAK_VARIABLES if environment.get(one, "").strip()), None)
        if variable is None:
            raise UsageError("no PAK: put it into the environment variable BROKKR_PAK or into a file for --pak-file")
        source = EnvironmentPak(variable=variable, environment=environment)
    return BrokerClient.connect(url, pak=source)


def find_stack(client: BrokerClient, name: str) -> Stack:
    """Return the stack of a name or an id.

    Raises:
        UsageError: there is none.
    """
    for stack in client.stacks.list():
        if name in (stack.id, stack.name):
            return stack
    raise UsageError(f"there is no stack {name!r}")


def find_agent(client: BrokerClient, name: str) -> Agent:
    """Return the agent of an id, of a name, or of ``cluster/name`` where several have that name.

    Raises:
        UsageError: there is none, or several.
    """
    agents = client.agents.list()
    found = [agent for agent in agents if name in (agent.id, agent.name, f"{agent.cluster_name}/{agent.name}")]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"there is no agent {name!r}")
    several = ", ".join(f"{agent.cluster_name}/{agent.name}" for agent in found)
    raise UsageError(f"several agents are called {name!r}; give one of {several}")


def find_generator(client: BrokerClient, name: str | None) -> str:
    """Return the id of a generator: the named one, or the one whose PAK is in use.

    Raises:
        UsageError: there is none, or an admin named none.
    """
    caller = client.auth.whoami()
    if caller.generator is not None and name in (None, caller.generator):
        return caller.generator
    if name is None:
        raise UsageError("an admin owns no stacks: name the owner with --generator")
    if not caller.admin:
        return name
    for generator in client.generators.list():
        if name in (generator.id, generator.name):
            return generator.id
    raise UsageError(f"there is no generator {name!r}")
