"""What Kubernetes accepts as a name, by kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

#: Takes a name and says what is wrong with it; empty text when it is fine.
Rule: TypeAlias = "Callable[[str], str]"

#: RFC 1123: letters, digits, ``-`` and ``.``; every part starts and ends with a letter or digit.
_PART = r"[a-z0-9]++(?:-++[a-z0-9]++)*+"
SUBDOMAIN = re.compile(rf"{_PART}(?:\.{_PART})*+\Z")
LABEL = re.compile(rf"{_PART}\Z")
SUBDOMAIN_LENGTH, LABEL_LENGTH = 253, 63

#: Kinds whose names only have to fit into a URL path (apimachinery: ValidatePathSegmentName), by group.
#: RBAC names such as ``system:node``; signing requests and trust bundles; ``v1.apps``; IPv6 addresses;
#: users, tags and digests of OpenShift.
PATH_SEGMENT_GROUPS = frozenset(
    {"rbac.authorization.k8s.io", "certificates.k8s.io", "apiregistration.k8s.io", "authorization.openshift.io"}
    | {"user.openshift.io", "oauth.openshift.io", "image.openshift.io"}
)
PATH_SEGMENT_KINDS = frozenset({("networking.k8s.io", "IPAddress")})
#: Kinds whose names become one part of a DNS name.
LABEL_KINDS = frozenset({("", "Namespace"), ("", "Service")})

_SUBDOMAIN_RULE = "lower-case letters, digits, '-' and '.', starting and ending with a letter or digit"
_LABEL_RULE = "lower-case letters, digits and '-', starting and ending with a letter or digit"


def name_rule(group: str, kind: str) -> Rule:
    """Return the rule for the names of a kind.

    Args:
        group: API group of the kind.
        kind: the kind.

    Returns:
        One of the functions below.
    """
    if group in PATH_SEGMENT_GROUPS or (group, kind) in PATH_SEGMENT_KINDS:
        return path_segment_fault
    return label_fault if (group, kind) in LABEL_KINDS else subdomain_fault


def subdomain_fault(name: str) -> str:
    """Say why a name is no DNS subdomain (RFC 1123), as most names must be.

    Args:
        name: the name.

    Returns:
        The rule it breaks, without quoting the name; empty when it is fine.
    """
    if len(name) > SUBDOMAIN_LENGTH:
        return f"has {len(name)} characters, at most {SUBDOMAIN_LENGTH} are allowed"
    return "" if SUBDOMAIN.match(name) else f"must consist of {_SUBDOMAIN_RULE}"


def label_fault(name: str) -> str:
    """Say why a name is no DNS label (RFC 1123), as namespaces must be.

    Args:
        name: the name.

    Returns:
        The rule it breaks; empty when it is fine.
    """
    if len(name) > LABEL_LENGTH:
        return f"has {len(name)} characters, at most {LABEL_LENGTH} are allowed"
    return "" if LABEL.match(name) else f"must consist of {_LABEL_RULE}"


def path_segment_fault(name: str) -> str:
    """Say why a name cannot be one step of a URL path.

    Args:
        name: the name.

    Returns:
        The rule it breaks; empty when it is fine.
    """
    if name in {".", ".."}:
        return "must not be '.' or '..'"
    return "must not contain '/' or '%'" if "/" in name or "%" in name else ""
