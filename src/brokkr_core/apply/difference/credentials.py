"""Which places of an object hold what nobody may read in a plan. Pure; when in doubt a place does."""

from __future__ import annotations

import re

from brokkr_core.apply.difference.paths import Step
from brokkr_core.model.json import Json, JsonObject, as_object, as_text

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

#: What a Secret shows of itself; whatever else it has is hidden, misspelt members included.
_PLAIN_IN_SECRETS = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})

#: Bytes from which an annotation is taken for a copy of an object.
LARGE_ANNOTATION = 1024

#: A new word within a name such as ``dbPassword`` or ``APIKey``.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDS = r"passw|passphrase|pwd|token|secret|credential|keys?(?![a-z])|(?<![a-z])(?:pass|auth|dsn)(?![a-z])"
_CREDENTIAL = re.compile(_WORDS)
#: The last word of names that point at a credential or describe it, such as ``secretName`` or ``passwordSecretRef``.
_ABOUT = re.compile(
    r"(?:^|[^a-z])(?:names?|namespaces?|refs?|references?|selectors?|kinds?|class|types?|path|paths|mount|version|ttl"
    r"|seconds|enabled|size|policy)$"
)
#: Texts that carry a credential whatever the field is called: a URL with a password, a private key, and settings such
#: as ``--token=x``, ``password: x`` and ``"key":"x"``; an image such as ``secret-store:1.2`` is none.
_TELLING = re.compile(
    r"://[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|"
    r"(?:" + _WORDS + r")[\w.\-]{0,40}(?:[\"']?\s*=\s*|[\"']\s*:\s*|\s*:\s+)\S",
    re.IGNORECASE,
)
#: An argument that says what the next one is: ``--token``.
_FLAG = re.compile(r"--?[\w.-]+")


def sounds_secret(name: str) -> bool:
    """Tell whether a name such as ``DB_PASSWORD``, ``apiToken`` or ``tls.key`` is that of a credential."""
    return bool(_CREDENTIAL.search(_HUMP.sub("_", name).lower()))


def names_credential(name: str) -> bool:
    """Tell whether a field of this name holds a credential; one that points at a credential, as ``secretName``, no."""
    return sounds_secret(name) and not _is_about(name)


def tells_secret(text: str) -> bool:
    """Tell whether a text carries a credential by its own words, such as a URL with a password."""
    return bool(_TELLING.search(text))


def announces_secret(item: Json) -> bool:
    """Tell whether an item of a list, such as ``--token``, says that the next one is a credential."""
    return bool(_FLAG.fullmatch(as_text(item))) and sounds_secret(as_text(item))


def is_custom(group: str) -> bool:
    """Tell whether an API group is that of somebody's own resources; those of Kubernetes' projects are not."""
    return "." in group and not group.endswith(".k8s.io")


def hidden_members(holder: JsonObject, above: str, root: JsonObject) -> frozenset[str]:
    """Return the members of an object that are hidden with everything below them.

    Args:
        holder: the object.
        above: the key it stands under; empty for the root.
        root: the whole Kubernetes object.

    Returns:
        Their keys.
    """
    found = {key for key in holder if _hides(holder, key, above, root)}
    return frozenset(found)


def leads_to_secret(trail: tuple[Step, ...], roots: tuple[JsonObject, ...]) -> bool:
    """Tell whether a place is hidden or lies below a hidden one, in either state.

    Args:
        trail: how the place is reached from the root.
        roots: the whole Kubernetes object in each of its states.
    """
    above = ""
    for step in trail:
        if any(_hides(holder, step.key, above, root) for holder in step.inside for root in roots):
            return True
        above = step.key if step.inside else above  # an item stands under the key of its list
    return False


def _hides(holder: JsonObject, key: str, above: str, root: JsonObject) -> bool:
    if holder.get("kind") == "Secret" and key not in _PLAIN_IN_SECRETS:
        return True  # at any depth: the template of a Secret is one too
    if key == "value" and sounds_secret(as_text(holder.get("name"))):
        return True
    if above == "annotations":
        return root.get("kind") == "Secret" or _hidden_annotation(key, holder.get(key))
    if root.get("kind") == "ConfigMap" and above in ("data", "binaryData"):
        return sounds_secret(key)
    return _custom(root) and _names_credential(key, above)


def _hidden_annotation(key: str, value: Json) -> bool:
    return key == LAST_APPLIED or sounds_secret(key) or len(as_text(value).encode()) > LARGE_ANNOTATION


def _names_credential(key: str, above: str) -> bool:
    """Judge a field of a custom resource; the ``key`` within a reference names a key and is none."""
    if key == "key" and _is_about(above):
        return False
    return names_credential(key)


def _is_about(key: str) -> bool:
    return bool(_ABOUT.search(_HUMP.sub("_", key).lower()))


def _custom(root: JsonObject) -> bool:
    group, _, _ = as_text(as_object(root).get("apiVersion")).rpartition("/")
    return is_custom(group)
