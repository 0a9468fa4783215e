"""What a request asks for beside its object: the query parameters and DeleteOptions, checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.testing.cluster.paths import compact
from brokkr_core.testing.cluster.rbac import ADMIN, Access, User, check_access
from brokkr_core.testing.cluster.resource import NAMESPACES, Resource
from brokkr_core.testing.cluster.status import Fault, Refusal, Target, bad_request, invalid

Validation: TypeAlias = Literal["Ignore", "Warn", "Strict"]
Propagation: TypeAlias = Literal["Background", "Foreground", "Orphan"]

_TRUE = frozenset({"true", "1", "True", "TRUE", "t", "T"})


@frozen(kw_only=True)
class Options:
    """Options of a write.

    Args:
        manager: who writes; taken from the user agent when the request does not say.
        named_manager: whether the request said it.
        field_validation: what happens to unknown fields.
    """

    dry_run: bool = False
    manager: str = "unknown"
    named_manager: bool = False
    force: bool = False
    field_validation: Validation = "Warn"


@frozen(kw_only=True)
class Call:
    """One request after routing."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    options: Options = Options()
    user: User = ADMIN

    def access(self, verb: str) -> Access:
        """Return what this request wants, for the authorizer.

        Args:
            verb: such as ``create`` or ``deletecollection``.
        """
        # A namespace counts as being inside itself.
        inside_itself = self.resource.storage_id == NAMESPACES and verb != "create"
        return Access(
            verb=verb,
            group=self.resource.group,
            resource=self.resource.plural,
            subresource=self.subresource,
            namespace=self.name if inside_itself else self.namespace,
            name="" if verb == "create" else self.name,
        )

    def check_access(self, verb: str) -> None:
        """Refuse this request if its user may not do this.

        Args:
            verb: as for ``access``.

        Raises:
            Refusal: 403.
        """
        if self.user is not ADMIN:
            check_access(self.user, self.access(verb))

    @property
    def target(self) -> Target:
        """The object in question, for refusals."""
        return self.resource.target(self.name)


@frozen(kw_only=True)
class Answer:
    """What a verb answers.

    Args:
        code: HTTP status.
        body: the JSON object.
        warnings: sentences for ``Warning`` headers.
    """

    code: int
    body: JsonObject
    warnings: tuple[str, ...] = ()


def is_true(query: Mapping[str, str], name: str) -> bool:
    """Read a flag of the query."""
    return query.get(name, "") in _TRUE


_KINDS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}


def _wrong_option(kind: str, reason: str, message: str, field: str) -> Refusal:
    fault = Fault(reason=reason, message=message, field=field)
    return invalid(Target(group="meta.k8s.io", plural="", kind=kind), [fault])


def read_options(query: Mapping[str, str], user_agent: str, method: str = "PATCH") -> Options:
    """Read the options of a write.

    Args:
        query: the query parameters.
        user_agent: the header; its part before the slash names the manager when nothing else does.
        method: the HTTP method; a refusal names the options after it.

    Raises:
        Refusal: a parameter has a value the server does not know.
    """
    kind = _KINDS.get(method, "PatchOptions")
    asked = query.get("fieldManager"), query.get("dryRun"), query.get("force"), query.get("fieldValidation")
    return _read_options(asked, user_agent.partition("/")[0], kind)


_Asked: TypeAlias = tuple[str | None, str | None, str | None, str | None]


@lru_cache(maxsize=1024)
def _read_options(asked: _Asked, user_agent: str, kind: str) -> Options:
    """Most requests of a client have the options of the one before."""
    manager, dry_run, force, validation = asked
    manager = manager or ""
    if len(manager) > 128:
        message = "Too long: may not be more than 128 bytes"
        raise _wrong_option(kind, "FieldValueTooLong", message, "fieldManager")
    return Options(
        dry_run=_dry_run([dry_run] if dry_run is not None else [], kind),
        manager=manager or user_agent or "unknown",
        named_manager=bool(manager),
        force=force in _TRUE,
        field_validation=_validation(validation or "", kind),
    )


def _dry_run(values: list[str], kind: str) -> bool:
    if any(value != "All" for value in values):
        message = f'Unsupported value: {compact(list[Json](values))}: supported values: "All"'
        raise _wrong_option(kind, "FieldValueNotSupported", message, "dryRun")
    return bool(values)


def _validation(value: str, kind: str) -> Validation:
    match value:
        case "" | "Warn":
            return "Warn"
        case "Ignore":
            return "Ignore"
        case "Strict":
            return "Strict"
    message = f'Unsupported value: "{value}": supported values: "", "Ignore", "Strict", "Warn"'
    raise _wrong_option(kind, "FieldValueNotSupported", message, "fieldValidation")


@frozen(kw_only=True)
class DeleteOptions:
    """Options of a delete; empty text means "not given"."""

    dry_run: bool = False
    propagation: Propagation | None = None
    uid: str = ""
    resource_version: str = ""


def read_delete_options(query: Mapping[str, str], body: JsonObject) -> DeleteOptions:
    """Read DeleteOptions from the query and, where it is silent, from the body.

    Raises:
        Refusal: an option has a value the server does not know.
    """
    dry_run = [query["dryRun"]] if "dryRun" in query else [as_text(v) for v in as_list(body.get("dryRun"))]
    propagation = query.get("propagationPolicy") or as_text(body.get("propagationPolicy"))
    orphan = query.get("orphanDependents", body.get("orphanDependents"))
    if not propagation and orphan is not None:
        propagation = "Orphan" if orphan in (True, "true") else "Background"
    return DeleteOptions(
        dry_run=_dry_run(dry_run, "DeleteOptions"),
        propagation=_propagation(propagation),
        uid=as_text(dig(body, "preconditions", "uid")),
        resource_version=as_text(dig(body, "preconditions", "resourceVersion")),
    )


def _propagation(value: str) -> Propagation | None:
    match value:
        case "":
            return None
        case "Background" | "Foreground" | "Orphan":
            return value
    message = f'Unsupported value: "{value}": supported values: "Foreground", "Background", "Orphan", "nil"'
    raise _wrong_option("DeleteOptions", "FieldValueNotSupported", message, "propagationPolicy")


def whole_number(query: Mapping[str, str], name: str) -> int:
    """Read a count of the query; absent is 0, and so is less than nothing.

    Raises:
        Refusal: it is no number.
    """
    text = query.get(name, "")
    if not text:
        return 0
    try:
        return max(0, int(text))
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
