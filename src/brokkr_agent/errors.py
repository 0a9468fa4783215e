"""What becomes of errors: exit codes that a script can branch on, and what may be told of a bug."""

from __future__ import annotations

from brokkr_core.errors import BrokerError, BrokkrError, InputError, NetworkError, UsageError

OK = 0
FAILED = 1  #: the work was done and something in it failed
BAD_INPUT = 2  #: arguments, settings or manifests are wrong; nothing was done
UNREACHABLE = 3  #: broker or cluster does not answer, or refuses who we are; nothing was done
TIMED_OUT = 4  #: what was waited for had not come by the time that was given
FORCED = 5  #: a second signal ended the process at once, whatever was under way


def exit_code(error: BrokkrError) -> int:
    """Choose the exit code for an error that ended a command."""
    if isinstance(error, InputError | UsageError):
        return BAD_INPUT
    if isinstance(error, NetworkError | BrokerError):
        return UNREACHABLE
    return FAILED


def own_failure(error: BaseException) -> str:
    """Say that the agent itself failed; of the error only its kind is told, since its text may hold anything."""
    return f"the agent itself failed: {type(error).__name__}"
