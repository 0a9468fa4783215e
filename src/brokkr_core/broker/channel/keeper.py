"""Holds a line: dials, reads until the line ends, waits, dials again; until it is closed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from attrs import frozen

from brokkr_core.broker.channel.address import AGENT_ENTRANCE
from brokkr_core.broker.channel.events import ChannelDown, ChannelUp, Phase
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.line import Dial, Line, LineEndedError
from brokkr_core.broker.channel.login import Login
from brokkr_core.broker.channel.reader import Reader
from brokkr_core.broker.channel.reconnect import Ended, ReconnectPolicy, Streak
from brokkr_core.broker.channel.sender import Sender
from brokkr_core.broker.channel.waiting import Waiting
from brokkr_core.errors import BrokerUnreachableError, BrokkrError

ENDPOINT = AGENT_ENTRANCE.endpoint


@frozen(kw_only=True)
class Patience:
    """How a keeper waits.

    Args:
        policy: how patiently to dial.
        monotonic: seconds that only ever go forward.
        sleep: waits so many seconds; a true result ends the keeper.
        random: gives numbers from 0 to 1.
    """

    policy: ReconnectPolicy
    monotonic: Callable[[], float]
    sleep: Callable[[float], bool | None]
    random: Callable[[], float]


class Keeper:
    """The one thread behind a channel.

    Args:
        dial: opens lines.
        login: knows the PAK.
        waiting: what is to be sent.
        reader: hears what comes in.
        limits: how long things may take.
        patience: how to wait.
        closing: set when the end is wanted.
    """

    def __init__(
        self,
        dial: Dial,
        login: Login,
        waiting: Waiting,
        reader: Reader,
        *,
        limits: ChannelLimits,
        patience: Patience,
        closing: threading.Event,
    ) -> None:
        self._dial = dial
        self._login = login
        self._waiting = waiting
        self._reader = reader
        self._limits = limits
        self._patience = patience
        self._closing = closing
        self._line: Line | None = None
        self.phase = Phase.DOWN
        self.error = ""
        self.connects = 0
        self.sent: Counter[str] = Counter()

    def run(self) -> None:
        """Hold a line until the close; whatever happens, this ends only by that."""
        streak = Streak()
        while not self._closing.is_set():
            ended, error = self._hold()
            if self._closing.is_set():
                break
            streak = streak.after(ended, self._patience.policy)
            wait = streak.wait(ended, self._patience.policy, self._patience.random())
            self.error = str(error)
            self.phase = Phase.REFUSED if ended.refused else Phase.DOWN
            self._reader.tell(ChannelDown(error=error, retry_seconds=wait))
            if self._patience.sleep(wait):
                break
        self.phase = Phase.CLOSED

    def abort(self) -> None:
        """Cut the line, if there is one."""
        line = self._line
        if line is not None:
            line.abort()

    def _hold(self) -> tuple[Ended, BrokkrError]:
        """Dial, and serve the line to its end."""
        try:
            self._line = line = self._login.open(self._dial)
        except LineEndedError as no:
            return Ended(refused=no.refused, retry_after=no.retry_after), no.error
        except Exception as error:
            return Ended(), _our_fault(error)
        started = self._patience.monotonic()
        end = self._serve(line)
        self._line = None
        up_seconds = self._patience.monotonic() - started
        refused = end.refused and self._login.refused_later()
        return Ended(up_seconds=up_seconds, refused=refused), end.error

    def _serve(self, line: Line) -> LineEndedError:
        """Read and send until the line ends, or until what waits is sent and the end is wanted."""
        sender = Sender(line, self._waiting, self._patience.monotonic, self._count_sent)
        self._waiting.go_up()
        self.connects += 1
        self.phase, self.error = Phase.UP, ""
        self._reader.tell(ChannelUp())
        sender.start()
        try:
            self._reader.connected()
            self._read(line, sender)
        except LineEndedError as ended:
            return ended
        except Exception as error:
            return LineEndedError(_our_fault(error))
        finally:
            self._leave(line, sender)
        return LineEndedError(BrokerUnreachableError(f"{ENDPOINT}: closed by this side"))

    def _read(self, line: Line, sender: Sender) -> None:
        while not (self._closing.is_set() and self._waiting.done and sender.idle):
            self._reader.hear(line)
            if sender.writing_seconds() > self._limits.write_seconds:
                problem = (
                    f"a frame could not be sent within {self._limits.write_seconds:g} s; the other side reads nothing"
                )
                raise LineEndedError(BrokerUnreachableError(f"{ENDPOINT}: {problem}"))

    def _leave(self, line: Line, sender: Sender) -> None:
        self._waiting.go_down()
        # Who hangs in a write holds the library's lock, and a polite goodbye would wait for it.
        patience = self._limits.close_seconds if sender.writing_seconds() < self._limits.write_seconds else 0.0
        if not sender.end(patience):
            line.abort()
            sender.end(self._limits.close_seconds)
        line.close()

    def _count_sent(self, kind: str) -> None:
        self.sent[kind] += 1


def _our_fault(error: Exception) -> BrokkrError:
    return BrokerUnreachableError(f"{ENDPOINT}: the channel itself failed ({type(error).__name__})")
