"""Server-side apply under random managers: the promises that must hold after every step.

The model is small on purpose: it knows what each manager applied last, and nothing of how merging works.
The object is a custom resource, because a built-in kind would also drop empty values and want required ones.
"""

from __future__ import annotations

import json
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster import Cluster
from brokkr_core.testing.cluster.custom import custom_node
from brokkr_core.testing.cluster.fieldset import field_set
from brokkr_core.testing.cluster.kinds import object_meta
from brokkr_core.testing.cluster.managers import Managers, held, managers_of
from brokkr_core.testing.cluster.paths import Path
from cluster_support import MERGE_PATCH, Client, Reply, definition, gadget, without_version

GROUP = "machine.example.com"
MANAGERS = ("alice", "bob", "carol")

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "scalar": {"type": "string"},
        "nested": {"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string"}}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "whole": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "x-kubernetes-map-type": "atomic",
        },
        "row": {"type": "array", "items": {"type": "string"}},
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "items": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "value": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                },
            },
        },
    },
}
DEFINITION = definition(GROUP, SCHEMA)
NODE = custom_node(
    as_object(dig(as_list(dig(DEFINITION, "spec", "versions"))[0], "schema", "openAPIV3Schema")), object_meta()
)
IT = gadget(GROUP, "it")

words = st.sampled_from(["1", "2", "3"])
maps = st.dictionaries(st.sampled_from(["a", "b"]), words, max_size=2)
some_labels = st.dictionaries(st.sampled_from(["a", "b", "c"]), words, min_size=1, max_size=2)
unique_words = st.lists(words, unique=True, max_size=3)
rows = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["m", "n", "o"])}, optional={"value": words, "tags": unique_words}),
    unique_by=lambda item: str(item["name"]),
    max_size=3,
)
specs = st.fixed_dictionaries(
    {},
    optional={
        "scalar": words,
        "nested": st.fixed_dictionaries({}, optional={"x": words, "y": words}),
        "map": maps,
        "whole": maps,
        "row": st.lists(words, max_size=2),
        "set": unique_words,
        "items": rows,
    },
)


@st.composite
def configurations(draw: st.DrawFn) -> JsonObject:
    """Everything that merges: maps, sets, associative lists, atomic values, scalars, labels."""
    metadata: JsonObject = {"name": "it"}
    if draw(st.booleans()):
        # Metadata is a Go struct: an empty map of labels would be owned and not be there.
        metadata["labels"] = cast("Json", draw(some_labels))
    out: JsonObject = {"apiVersion": f"{GROUP}/v1", "kind": "Gadget", "metadata": metadata}
    return {**out, "spec": cast("Json", draw(specs))}


class Owners(RuleBasedStateMachine):
    """Managers apply, force, patch and give up; after every step the promises are checked."""

    configs: Bundle[JsonObject] = Bundle("configs")

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.client = Client(Direct(self.cluster))
        self.client.create(DEFINITION).expect(201)
        self.applied: dict[str, JsonObject] = {}

    @initialize(target=configs, config=configurations())
    def first(self, config: JsonObject) -> JsonObject:
        return config

    @rule(target=configs, config=configurations())
    def another(self, config: JsonObject) -> JsonObject:
        return config

    @rule(manager=st.sampled_from(MANAGERS), config=configs, force=st.booleans())
    def apply(self, manager: str, config: JsonObject, force: bool) -> None:
        before = self.live()
        reply = self.client.apply(config, manager, force=force)
        if reply.status == 409:
            assert not force, "a forced apply conflicts"
            assert self.live() == before, "a refused apply wrote something"
            assert not any(f'"{manager}"' in message for message in conflict_messages(reply)), "a conflict with itself"
            return
        assert reply.status == (201 if before is None else 200), reply.text
        self.applied[manager] = config
        if before is not None:
            check_given_up(manager, config, before, reply.body)
        if owners(reply.body):
            again = self.client.apply(config, manager).expect(200)
            assert again.body == reply.body, "applying again changed something"

    @rule(manager=st.sampled_from(MANAGERS), config=configs, force=st.booleans())
    def rehearse(self, manager: str, config: JsonObject, force: bool) -> None:
        before = self.live()
        dry = self.client.apply(config, manager, force=force, dryRun="All")
        assert self.live() == before, "a dry run wrote something"
        if before is not None and dry.status == 200:
            wet = self.client.apply(config, manager, force=force).expect(200)
            self.applied[manager] = config
            assert without_version(wet.body) == without_version(dry.body), "the dry run told something else"

    @rule(value=words)
    def edit(self, value: str) -> None:
        if self.live() is not None:
            patch: JsonObject = {"metadata": {"labels": {"a": value}}, "spec": {"scalar": value, "map": {"b": None}}}
            self.client.patch(IT, patch, MERGE_PATCH, fieldManager="editor").expect(200)

    @rule()
    def remove(self) -> None:
        if self.live() is not None:
            self.client.delete(IT).expect(200)
        assert self.client.gone(IT)
        self.applied.clear()

    @invariant()
    def what_an_applier_owns_is_live_with_his_value(self) -> None:
        live = self.live()
        for identity, entry in owners(live).items():
            if identity.operation != "Apply":
                continue
            config = self.applied[identity.name]
            assert entry.paths <= field_set(config, NODE), f"{identity} owns what it never applied"
            for path in entry.paths:
                found, wanted = read(live, path), read(config, path)
                filled_by_others = wanted == {} and isinstance(found, dict) and found is not MISSING
                assert found == wanted or filled_by_others, f"{identity} at {path}"

    @invariant()
    def every_live_leaf_has_an_owner(self) -> None:
        live = self.live()
        # An object without any manager is not tracked until something is applied to it again.
        if live is not None and owners(live):
            leaves = {path for path in field_set(live, NODE) if path[0] == "f:spec" or path[1:2] == ("f:labels",)}
            # A map that an update emptied stays behind, and is nobody's.
            leaves = {path for path in leaves if read(live, path) != {}}
            assert leaves <= held(owners(live)), "somebody's field belongs to nobody"

    @invariant()
    def nobody_is_listed_without_fields(self) -> None:
        assert all(entry.paths for entry in owners(self.live()).values())

    def live(self) -> JsonObject | None:
        return self.cluster.objects().get((GROUP, "gadgets", "default", "it"))


class Direct:
    """A transport straight into the core."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        return self._cluster.handle(request)

    def close(self) -> None:
        return None


def owners(live: JsonObject | None) -> Managers:
    return managers_of(live) if live is not None else {}


def check_given_up(manager: str, config: JsonObject, before: JsonObject, after: JsonObject) -> None:
    """What the manager owned alone and no longer applies must be gone, unless others own something inside."""
    mine: set[Path] = set()
    others: set[Path] = set()
    for identity, entry in managers_of(before).items():
        (mine if (identity.name, identity.operation) == (manager, "Apply") else others).update(entry.paths)
    given_up = mine - others - field_set(config, NODE)
    still = held(managers_of(after))
    left = {path for path in given_up if read(after, path) is not MISSING}
    assert not {path for path in left if not any(path == inside[: len(path)] for inside in still)}


def conflict_messages(reply: Reply) -> list[str]:
    return [as_text(dig(cause, "message")) for cause in as_list(reply.get("details", "causes"))]


MISSING: JsonObject = {"missing": "yes"}


def read(body: Json, path: Path) -> Json:
    """Follow a path; where it ends at a list item, tell only that the item is there."""
    value = body
    for element in path:
        if element.startswith("f:"):
            value = as_object(value).get(element[2:], MISSING)
        else:
            value = next((item for item in as_list(value) if matches(item, element)), MISSING)
    if value is MISSING or path[-1].startswith("f:"):
        return value
    return True


def matches(item: Json, element: str) -> bool:
    wanted: Json = json.loads(element[2:])
    if element.startswith("v:"):
        return item == wanted
    return all(as_object(item).get(key) == value for key, value in as_object(wanted).items())


TestOwners = Owners.TestCase
TestOwners.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
