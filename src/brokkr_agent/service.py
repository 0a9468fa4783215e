"""The agent as a process: settings, log, stop signal and the two clients around ``Agent``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from brokkr_agent.agent import Agent
from brokkr_agent.config import AgentSettings, load_settings
from brokkr_agent.early import early_polls
from brokkr_agent.logs import configure
from brokkr_agent.progress import Progress
from brokkr_agent.stop import Stop
from brokkr_core.broker import BrokerClient, CredentialSource, FilePak
from brokkr_core.errors import ConfigError, StoppedError
from brokkr_core.kube import connect
from brokkr_core.model.events import Observer, silent


def serve(config: Path | None, flags: Mapping[str, Any], *, progress: bool) -> bool:
    """Run the agent until SIGTERM or SIGINT.

    Args:
        config: a TOML file, if there is one.
        flags: settings of the command line, by key.
        progress: whether every run is written to standard output too.

    Returns:
        Whether everything ended in time; if not, a thread still waits for an answer.

    Raises:
        ConfigError: the settings are wrong.
    """
    settings = load_settings(file=config, environment=os.environ, flags=flags)
    configure(settings.log)
    for key in settings.unused:
        structlog.get_logger("config").warning("setting has no effect in this version", key=key)
    stop = Stop()
    stop.on_signals(lambda name: structlog.get_logger("workers").info("stop asked for", signal=name))
    try:
        drained = _serve(settings.agent, stop, _progress if progress else _silence)
    except StoppedError:
        drained = True
    log = structlog.get_logger("agent")
    if drained:
        log.info("ended")
    else:
        log.error("not everything ended in time; the next start goes on", seconds=settings.agent.drain_timeout_seconds)
    return drained


def _serve(settings: AgentSettings, stop: Stop, observe: Callable[[str], Observer]) -> bool:
    pak = _pak(settings)
    broker = BrokerClient.connect(settings.broker_url, pak=pak, sleep=stop.wait)
    cluster = connect(
        settings.kubeconfig_path or None,
        context=settings.kubeconfig_context or None,
        workers=settings.workers * settings.concurrent_stacks,
        sleep=stop.wait,
    )
    with broker, cluster:
        listen = partial(early_polls, settings, pak)
        return Agent(settings, broker=broker, cluster=cluster, stop=stop, observe=observe, listen=listen).run()


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
