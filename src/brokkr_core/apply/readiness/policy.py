"""What counts as ready where that is a matter of taste, and how long trouble may last: values to pass in."""

from __future__ import annotations

from attrs import evolve, field, frozen, validators

from brokkr_core.errors import UsageError


def _seconds(default: float) -> float:
    made: float = field(default=default, validator=validators.gt(0))
    return made


@frozen(kw_only=True)
class PodPatience:
    """How much trouble a pod may have before it counts as failed. All times in seconds; infinity never gives up."""

    start_seconds: float = _seconds(30.0)  #: a container cannot start: registries flap, a ConfigMap may come later
    crash_restarts: float = field(default=3, validator=validators.ge(0))  #: restarts before a crash loop is believed
    unschedulable_seconds: float = _seconds(120.0)  #: no node takes it: an autoscaler may be making one


#: For a Pod that stands in the bundle by itself: nobody replaces it (kstatus ``core.go`` for the last two).
ALONE = PodPatience(crash_restarts=0, unschedulable_seconds=15.0)


@frozen(kw_only=True)
class ClassTimeout:
    """How long the load balancers of one class may take to get an address.

    Args:
        name: the ``loadBalancerClass``; ``*`` covers every class, and Services that name none.
        seconds: how long, from the Service's own write.
    """

    name: str
    seconds: float = field(validator=validators.gt(0))

    @classmethod
    def parse_several(cls, text: str) -> tuple[ClassTimeout, ...]:
        """Read what people write: ``class=seconds``, separated by semicolons; the first that covers a class decides.

        Raises:
            UsageError: it is not of that form.
        """
        return tuple(cls._parse(part.strip()) for part in text.split(";") if part.strip())

    @classmethod
    def _parse(cls, text: str) -> ClassTimeout:
        name, equals, seconds = text.rpartition("=")
        try:
            found = cls(name=name, seconds=float(seconds))
        except ValueError:
            found = None
        if found is None or not equals or not name:
            raise UsageError(
                f"load balancer timeout {text!r}: write class=seconds, such as example.com/slow=900 or *=60"
            )
        return found


@frozen(kw_only=True)
class ReadyPolicy:
    """What counts as ready, and how long trouble may last. All times in seconds."""

    ingress_address: bool = False  #: an Ingress is ready only when it has an address
    load_balancer_timeouts: tuple[ClassTimeout, ...] = ()  #: the first that covers a Service's class decides
    late_seconds: float = _seconds(10.0)  #: until the pods of a workload are looked at, and between two such looks
    pods: PodPatience = field(factory=PodPatience)  #: with the pods of a workload

    def load_balancer_seconds(self, name: str) -> float | None:
        """Return how long a load balancer of a class may take; None when nothing is said about it.

        Args:
            name: the class, or the empty text.
        """
        return next((one.seconds for one in self.load_balancer_timeouts if one.name in (name, "*")), None)


DEFAULT = ReadyPolicy()


def endless(patience: PodPatience) -> PodPatience:
    """Return the same patience for pods that may crash as often as their controller lets them."""
    return evolve(patience, crash_restarts=float("inf"))
