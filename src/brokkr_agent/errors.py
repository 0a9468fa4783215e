"""Exit codes: what a script can branch on."""

from __future__ import annotations

from brokkr_core.errors import BrokerError, BrokkrError, InputError, NetworkError, UsageError

OK = 0
FAILED = 1  #: the work was done and something in it failed
BAD_INPUT = 2  #: arguments, settings or manifests are wrong; nothing was done
UNREACHABLE = 3  #: broker or cluster does not answer, or refuses who we are; nothing was done


def exit_code(error: BrokkrError) -> int:
    """Choose the exit code for an error that ended a command."""
    if isinstance(error, InputError | UsageError):
        return BAD_INPUT
    if isinstance(error, NetworkError | BrokerError):
        return UNREACHABLE
    return FAILED
