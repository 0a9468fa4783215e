"""Who may do what: roles, bindings and service accounts before those who rely on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from brokkr_core.model.json import as_list, as_object, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.finding import Finding, reference
from brokkr_core.ordering.kinds import CORE, RBAC

_TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 - a Secret type, not a secret
_TOKEN_OWNER = "kubernetes.io/service-account.name"  # noqa: S105


def binding_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put the role and the service accounts of a binding before the binding.

    The API server looks the role up when a binding is written, to stop an escalation of privileges.
    """
    for binding in _bindings(bundle):
        role = as_object(binding.body.get("roleRef"))
        kind = as_text(role.get("kind"))
        namespace = binding.ref.namespace if kind == "Role" else ""
        before = bundle.find(RBAC, kind, namespace, as_text(role.get("name")))
        if before:
            yield reference(before, binding.ref, f"it grants this {kind} at roleRef")
        for index, account in _accounts(bundle, binding):
            because = f"it grants to this ServiceAccount at subjects[{index}]"
            yield reference(account, binding.ref, because)


def grant_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put a binding before the workloads that run as its service accounts, so that they start with their rights."""
    workloads: defaultdict[ObjectRef, list[ObjectRef]] = defaultdict(list)
    for template in bundle.templates:
        spec = template.spec
        name = as_text(spec.get("serviceAccountName")) or as_text(spec.get("serviceAccount"))
        account = bundle.find(CORE, "ServiceAccount", template.owner.namespace, name)
        if account:
            workloads[account].append(template.owner)
    for binding in _bindings(bundle):
        for _, account in _accounts(bundle, binding):
            because = f"it runs as {account}, to which this {binding.ref.kind} grants rights"
            for workload in workloads.get(account, []):
                yield reference(binding.ref, workload, because, hard=False)


def account_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put the secrets of a service account before it, except its own token, which needs the account first."""
    for account in bundle.of_kind(CORE, "ServiceAccount"):
        for field in ("secrets", "imagePullSecrets"):
            for index, named in enumerate(as_list(account.body.get(field))):
                name = as_text(dig(named, "name"))
                secret = bundle.find(CORE, "Secret", account.ref.namespace, name)
                if secret:
                    because = f"it lists this Secret at {field}[{index}]"
                    yield reference(secret, account.ref, because, hard=False)
    for secret_manifest in bundle.of_kind(CORE, "Secret"):
        if secret_manifest.body.get("type") == _TOKEN_TYPE:
            owner = secret_manifest.annotations.get(_TOKEN_OWNER, "")
            found = bundle.find(CORE, "ServiceAccount", secret_manifest.ref.namespace, owner)
            if found:
                # The token controller deletes a token whose account does not exist.
                yield reference(found, secret_manifest.ref, "it holds the token of this ServiceAccount")


def _bindings(bundle: Bundle) -> list[Manifest]:
    return bundle.of_kind(RBAC, "ClusterRoleBinding") + bundle.of_kind(RBAC, "RoleBinding")


def _accounts(bundle: Bundle, binding: Manifest) -> Iterator[tuple[int, ObjectRef]]:
    for index, entry in enumerate(as_list(binding.body.get("subjects"))):
        subject = as_object(entry)
        if subject.get("kind") == "ServiceAccount":
            namespace = as_text(subject.get("namespace")) or binding.ref.namespace
            account = bundle.find(CORE, "ServiceAccount", namespace, as_text(subject.get("name")))
            if account:
                yield index, account
