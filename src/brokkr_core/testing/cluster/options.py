"""What a request asks for beside its object: the query parameters and DeleteOptions, checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from attrs import frozen

from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.testing.cluster.rbac import ADMIN, Access, User, check_access
from brokkr_core.testing.cluster.resource import NAMESPACES, Resource
from brokkr_core.testing.cluster.status import Fault, Target, bad_request, invalid

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


def read_options(query: Mapping[str, str], user_agent: str) -> Options:
    """Read the options of a write.

    Args:
        query: the query parameters.
        user_agent: the header; its part before the slash names the manager when nothing else does.

    Raises:
        Refusal: a parameter has a value the server does not know.
    """
    return _read_options(*(query.get(name) for name in _OF_WRITES), user_agent.partition("/")[0])


_OF_WRITES = ("fieldManager", "dryRun", "force", "fieldValidation")


@lru_cache(maxsize=1024)
def _read_options(
    manager: str | None, dry_run: str | None, force: str | None, validation: str | None, user_agent: str
) -> Options:
    """Most requests of a client have the options of the one before."""
    manager = manager or ""
    if len(manager) > 128:
        fault = Fault(
            reason="FieldValueTooLong", message="Too long: may not be more than 128 bytes", field="fieldManager"
        )
        raise invalid(Target(group="meta.k8s.io", plural="", kind="PatchOptions"), [fault])
    return Options(
        dry_run=_dry_run([dry_run] if dry_run is not None else []),
        manager=manager or user_agent or "unknown",
        named_manager=bool(manager),
        force=force in _TRUE,
        field_validation=_validation(validation or ""),
    )


def _dry_run(values: list[str]) -> bool:
    wrong = [value for value in values if value != "All"]
    if wrong:
        message = f'Unsupported value: "{wrong[0]}": supported values: "All"'
        fault = Fault(reason="FieldValueNotSupported", message=message, field="dryRun")
        raise invalid(Target(group="meta.k8s.io", plural="", kind="PatchOptions"), [fault])
    return bool(values)


def _validation(value: str) -> Validation:
    match value:
        case "" | "Warn":
            return "Warn"
        case "Ignore":
            return "Ignore"
        case "Strict":
            return "Strict"
    message = f'Unsupported value: "{value}": supported values: "Ignore", "Warn", "Strict"'
    fault = Fault(reason="FieldValueNotSupported", message=message, field="fieldValidation")
    raise invalid(Target(group="meta.k8s.io", plural="", kind="PatchOptions"), [fault])


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
        dry_run=_dry_run(dry_run),
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
    message = f'Invalid value: "{value}": must be one of "Background", "Foreground", "Orphan" or nil'
    fault = Fault(reason="FieldValueInvalid", message=message, field="propagationPolicy")
    raise invalid(Target(group="meta.k8s.io", plural="", kind="DeleteOptions"), [fault])


def whole_number(query: Mapping[str, str], name: str) -> int:
    """Read a count of the query; absent is 0.

    Raises:
        Refusal: it is no number.
    """
    text = query.get(name, "")
    if not text:
        return 0
    try:
        return int(text)
    except ValueError:
        message = f'strconv.ParseInt: parsing "{text}": invalid syntax'
        raise bad_request(f"{name}: {message}") from None
