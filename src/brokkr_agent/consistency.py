"""What settings have to be together: each of them may be good, and yet they contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from attrs import frozen

from brokkr_agent.checks import is_loopback
from brokkr_agent.config import AgentSettings
from brokkr_agent.public_pak import FAULT as PUBLIC_PAK_FAULT
from brokkr_agent.public_pak import is_public, on_loopback


@frozen(kw_only=True)
class Rule:
    """Settings that must not stand together.

    Args:
        keys: the settings, in the order they are told.
        broken: whether they contradict each other.
        fault: what is wrong, and what to do.
    """

    keys: tuple[str, ...]
    broken: Callable[[AgentSettings], bool]
    fault: str


def _not_https(given: Callable[[AgentSettings], str]) -> Callable[[AgentSettings], bool]:
    return lambda agent: bool(given(agent)) and urlsplit(agent.broker_url.strip()).scheme != "https"


def _open_to_all(agent: AgentSettings) -> bool:
    """Others reach the control API, and it asks nobody who they are."""
    return bool(agent.control_port) and not agent.control_token_file and not is_loopback(agent.control_address)


RULES = (
    Rule(
        keys=("agent.pak", "agent.pak_file"),
        broken=lambda agent: bool(agent.pak and agent.pak_file),
        fault="give one of them, not both",
    ),
    Rule(
        keys=("agent.pak", "agent.broker_url"),
        broken=lambda agent: is_public(agent.pak) and not on_loopback(agent.broker_url),
        fault=PUBLIC_PAK_FAULT,
    ),
    Rule(
        keys=("agent.broker_key_file", "agent.broker_certificate_file"),
        broken=lambda agent: bool(agent.broker_key_file) and not agent.broker_certificate_file,
        fault="a key is of no use without its certificate; give both, or none",
    ),
    Rule(
        keys=("agent.broker_ca_file", "agent.broker_url"),
        broken=_not_https(lambda agent: agent.broker_ca_file),
        fault="authorities are only asked about an https:// broker; give its https:// URL, or no file",
    ),
    Rule(
        keys=("agent.broker_certificate_file", "agent.broker_url"),
        broken=_not_https(lambda agent: agent.broker_certificate_file),
        fault="a certificate is only shown to an https:// broker; give its https:// URL, or no file",
    ),
    Rule(
        keys=("agent.namespace", "agent.watch_namespace"),
        broken=lambda agent: bool(agent.watch_namespace) and agent.namespace not in ("", agent.watch_namespace),
        fault="inventories are kept in the namespace that the agent is confined to; give the second alone",
    ),
    Rule(
        keys=("agent.control_address", "agent.control_token_file"),
        broken=_open_to_all,
        fault="others can reach it; name a file with a token in agent.control_token_file, or listen on 127.0.0.1",
    ),
    Rule(
        keys=("agent.ready_timeout_seconds", "agent.run_timeout_seconds"),
        broken=lambda agent: agent.ready_timeout_seconds > agent.run_timeout_seconds,
        fault="one object may take longer than the whole run; make the first shorter, or the second longer",
    ),
    Rule(
        keys=("agent.ready_poll_seconds", "agent.ready_timeout_seconds"),
        broken=lambda agent: agent.ready_poll_seconds > agent.ready_timeout_seconds,
        fault="no second look comes before the time is over; make the first shorter, or the second longer",
    ),
    Rule(
        keys=("agent.after_crash", "agent.rollback"),
        broken=lambda agent: agent.after_crash == "rollback" and agent.rollback == "off",
        fault="nothing can be put back when no record is kept; give agent.rollback as bundle or report",
    ),
)
