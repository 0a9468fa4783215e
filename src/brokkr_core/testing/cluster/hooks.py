"""Admission webhooks as callables: what they are asked, how they change an object, how they say no."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

from attrs import field, frozen

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.copying import fresh_object
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.resource import name_of
from brokkr_core.testing.cluster.status import Refusal

Operation: TypeAlias = Literal["CREATE", "UPDATE", "DELETE"]


@frozen(kw_only=True)
class Review:
    """What a hook is asked about.

    Args:
        body: the object as it would be stored; empty on a delete. A copy, free to be changed.
        old: the object before; empty on a create.
        user: who sends the request.
    """

    operation: Operation
    group: str
    version: str
    kind: str
    namespace: str
    name: str
    body: JsonObject
    old: JsonObject
    dry_run: bool
    user: str


class Denied(Exception):  # noqa: N818 - an answer, not an error
    """A hook says no.

    Args:
        message: why; may be empty.
        status: the HTTP status of the answer.
        reason: the reason of its Status object.
    """

    def __init__(self, message: str = "", *, status: int = 403, reason: str = "Forbidden") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason


@frozen(kw_only=True)
class MutatingHook:
    """Changes objects on their way in. What it sets belongs to no new manager, as on a real server.

    Args:
        name: the name of the webhook, for messages.
        call: returns the object to store instead, or raises ``Denied``; not asked about deletes and subresources.
    """

    name: str
    call: Callable[[Review], JsonObject]


@frozen(kw_only=True)
class ValidatingHook:
    """Looks at objects after everything else.

    Args:
        name: the name of the webhook, for messages.
        call: raises ``Denied``, or does nothing; not asked about subresources.
    """

    name: str
    call: Callable[[Review], None]


Hook: TypeAlias = MutatingHook | ValidatingHook


def _in_order(hooks: Iterable[Hook]) -> tuple[Hook, ...]:
    return tuple(hooks)


@frozen(kw_only=True)
class Hooks:
    """All hooks, asked in their order."""

    hooks: tuple[Hook, ...] = field(default=(), converter=_in_order)

    def __bool__(self) -> bool:
        return bool(self.hooks)

    def mutated(self, call: Call, operation: Operation, body: JsonObject, old: JsonObject) -> JsonObject:
        """Return the object as the mutating hooks leave it; the very same one when there are none.

        Raises:
            Refusal: a hook says no.
        """
        for hook in self.hooks:
            if isinstance(hook, MutatingHook) and not call.subresource:
                with _refused_by(hook.name):
                    body = hook.call(_review(call, operation, body, old))
        return body

    def validate(self, call: Call, operation: Operation, body: JsonObject, old: JsonObject) -> None:
        """Ask the validating hooks.

        Raises:
            Refusal: a hook says no.
        """
        for hook in self.hooks:
            if isinstance(hook, ValidatingHook) and not call.subresource:
                with _refused_by(hook.name):
                    hook.call(_review(call, operation, body, old))


def _review(call: Call, operation: Operation, body: JsonObject, old: JsonObject) -> Review:
    resource = call.resource
    return Review(
        operation=operation,
        group=resource.group,
        version=resource.version,
        kind=resource.kind,
        namespace=call.namespace,
        name=name_of(body) or name_of(old),
        body=fresh_object(body),
        old=fresh_object(old),
        dry_run=call.options.dry_run,
        user=call.user.name,
    )


@contextmanager
def _refused_by(name: str) -> Iterator[None]:
    """Word a denial as the apiserver does (``admission/plugin/webhook/errors/statuserror.go``)."""
    try:
        yield
    except Denied as denied:
        why = f": {denied.message or denied.reason}" if denied.message or denied.reason else " without explanation"
        message = f'admission webhook "{name}" denied the request{why}'
        raise Refusal(denied.status, denied.reason, message) from denied
