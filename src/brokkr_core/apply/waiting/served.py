"""A new kind is ready when its objects can be sent: discovery shows it, and somebody answers for it."""

from __future__ import annotations

from brokkr_core.apply.readiness import Readiness, State
from brokkr_core.apply.readiness.state import READY, in_progress
from brokkr_core.apply.waiting.roll import ONCE
from brokkr_core.errors import ApiError, NotFoundError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import GroupKind

API_SERVICE = GroupKind(group="apiregistration.k8s.io", kind="APIService")

#: An established kind must show up in discovery any moment; many definitions at once still share one look.
ESTABLISHED_MISS_SECONDS = 0.1


def discovered(client: KubeClient, definition: JsonObject) -> Readiness:
    """Ask discovery for every version that an established CustomResourceDefinition serves.

    Raises:
        BrokkrError: discovery could not be read.
    """
    for name in _versions(definition):
        if _resource(client, definition, name) is None:
            group = as_text(dig(definition, "spec", "group"))
            return in_progress("NotDiscovered", f"established, but discovery does not show {group}/{name} yet")
    return READY


def answered(client: KubeClient, definition: JsonObject) -> Readiness:
    """Read the collection of a new kind once: between discovery and its handler lies a moment in which there is none.

    Whoever may not list it cannot know, and goes on.

    Raises:
        BrokkrError: the cluster could not be asked.
    """
    found = discovered(client, definition)
    if found.state is not State.READY:
        return found
    for name in _versions(definition)[:1]:
        resource = _resource(client, definition, name)
        try:
            if resource is not None:
                next(client.pages(resource, limit=1, retry=ONCE))
        except NotFoundError:
            return in_progress("NotServed", f"in discovery, but {resource and resource.path()} is not served yet")
        except ApiError as error:
            if error.status not in (401, 403, 405):
                raise
    return READY


def announced(client: KubeClient, api_service: JsonObject) -> Readiness:
    """Read discovery again after an APIService became available; what it serves was unknown, or old, until now.

    Raises:
        BrokkrError: discovery could not be read.
    """
    group, version = (as_text(dig(api_service, "spec", member)) for member in ("group", "version"))
    client.discovery.refresh()
    if client.discovery.serves(group, version):
        return READY
    return in_progress("NotDiscovered", f"available, but discovery does not show {group}/{version} yet")


def _versions(definition: JsonObject) -> list[str]:
    entries = as_list(dig(definition, "spec", "versions"))
    return [as_text(dig(entry, "name")) for entry in entries if dig(entry, "served") is True]


def _resource(client: KubeClient, definition: JsonObject, version: str) -> Resource | None:
    group = as_text(dig(definition, "spec", "group"))
    kind = as_text(dig(definition, "spec", "names", "kind"))
    return client.discovery.find(group, version, kind, miss_interval_seconds=ESTABLISHED_MISS_SECONDS)
