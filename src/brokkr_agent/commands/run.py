"""``brokkr-agent run``: the agent itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import structlog

from brokkr_agent.agent import Agent
from brokkr_agent.config import AgentSettings, load_settings
from brokkr_agent.errors import FAILED
from brokkr_agent.logs import configure
from brokkr_agent.progress import Progress
from brokkr_agent.workers import Stop
from brokkr_core.broker import BrokerClient, CredentialSource, FilePak
from brokkr_core.errors import ConfigError, StoppedError
from brokkr_core.kube import connect
from brokkr_core.model.events import Observer, silent

#: Flags and the settings they set; everything else is set by file or environment.
FLAGS = {
    "broker_url": "agent.broker_url",
    "pak_file": "agent.pak_file",
    "kubeconfig": "agent.kubeconfig_path",
    "context": "agent.kubeconfig_context",
    "generator_ids": "agent.generator_ids",
    "log_level": "log.level",
    "log_format": "log.format",
}


@click.command("run")
@click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), envvar="BROKKR_CONFIG_FILE", help="TOML file."
)
@click.option("--broker-url", help="Root URL of the broker.")
@click.option("--pak-file", help="File that holds the agent's PAK.")
@click.option("--kubeconfig", help="Default: in-cluster credentials, then kubectl's.")
@click.option("--context", help="Context of the kubeconfig.")
@click.option("--generator-ids", help="Generators to register with, separated by commas.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--log-format", help="console or json.")
@click.option("--progress", is_flag=True, help="Also write every run to standard output, for people.")
def run_command(config: Path | None, progress: bool, **given: Any) -> None:
    """Keep this cluster as the broker wants it, until SIGTERM or SIGINT."""
    flags = {key: given[option] for option, key in FLAGS.items()}
    settings = load_settings(file=config, environment=os.environ, flags=flags)
    configure(settings.log)
    for key in settings.unused:
        structlog.get_logger("config").warning("setting has no effect in this version", key=key)
    stop = Stop()
    stop.on_signals()
    try:
        drained = _serve(settings.agent, stop, _progress if progress else _silence)
    except StoppedError:
        drained = True
    log = structlog.get_logger("agent")
    if drained:
        log.info("ended")
        return
    log.error("not everything ended in time; the next start goes on", seconds=settings.agent.drain_timeout_seconds)
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(FAILED)  # a thread still waits for an answer; leaving the interpreter normally would wait for it


def _serve(settings: AgentSettings, stop: Stop, observe: Callable[[str], Observer]) -> bool:
    broker = BrokerClient.connect(settings.broker_url, pak=_pak(settings), sleep=stop.wait)
    cluster = connect(
        settings.kubeconfig_path or None,
        context=settings.kubeconfig_context or None,
        workers=settings.workers * settings.concurrent_stacks,
        sleep=stop.wait,
    )
    with broker, cluster:
        return Agent(settings, broker=broker, cluster=cluster, stop=stop, observe=observe).run()


def _pak(settings: AgentSettings) -> str | CredentialSource:
    if settings.pak_file:
        return FilePak(settings.pak_file)
    if not settings.pak:
        raise ConfigError(["agent.pak is not set: give BROKKR__AGENT__PAK, or a file by agent.pak_file"])
    return settings.pak


def _silence(_stack_id: str) -> Observer:
    return silent


def _progress(stack_id: str) -> Observer:
    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return Progress(write, prefix=f"[{stack_id[:8]}] ")
