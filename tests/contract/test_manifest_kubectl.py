"""The same text through kubectl and through the parser: what kubectl reads is the meaning."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from brokkr_core.manifest import parse_all
from brokkr_core.manifest.scalars import INT64_MAX, INT64_MIN
from brokkr_core.model.json import Json, JsonObject, as_object, dig
from manifest_support import DEVIATIONS, KUBECTL_LIMITS, GoldenCase, golden_cases

KUBECTL = shutil.which("kubectl")
LABEL = "brokkr-test"

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on PATH, so there is nothing to compare with")

#: Inputs of the table that kubectl before 1.33 refuses: there JSON that is followed by YAML was an error.
NEWER_KUBECTL = frozenset({"s_flow_root", "s_json_then_yaml"})
#: Keys ``1`` and ``"1"`` in one mapping become one key, and kubectl keeps either value, as its Go map happens to be
#: ordered: of 80 runs 9 kept the first. We keep the last, always.
UNDECIDED = frozenset({"v_dup_conv"})
HEAD = "apiVersion: example.com/v1\nkind: Foo\nmetadata:\n  name: a\nspec:\n"


def read_by_kubectl(source: str | bytes) -> list[Json] | None:
    """Return what kubectl reads, or None when it refuses; it asks no server."""
    data = source.encode() if isinstance(source, str) else source
    command = [str(KUBECTL), "label", "--local", "-f", "-", f"{LABEL}=x", "--dry-run=client", "-o", "json"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    return None if done.returncode else [_unlabelled(value) for value in _values(done.stdout.decode())]


def _values(text: str) -> list[Json]:
    decoder = json.JSONDecoder(parse_int=_integer)
    found: list[Json] = []
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


def _integer(digits: str) -> int | float:
    value = int(digits)
    return value if INT64_MIN <= value <= INT64_MAX else float(value)


def _unlabelled(value: Json) -> Json:
    """Take the label off again that made kubectl print the object."""
    body = as_object(value)
    metadata = dict(as_object(body.get("metadata")))
    labels = {key: text for key, text in as_object(metadata.pop("labels", None)).items() if key != LABEL}
    return {**body, "metadata": {**metadata, "labels": labels} if labels else metadata}


def spec_by_kubectl(text: str) -> Json:
    documents = read_by_kubectl(text)
    return None if documents is None else dig(documents[0], "spec")


def read_here(text: str) -> JsonObject:
    (manifest,) = parse_all(text).checked().manifests
    return manifest.body


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [case for case in golden_cases() if case.name not in UNDECIDED], ids=lambda case: case.name
)
def test_the_table_still_says_what_this_kubectl_reads(case: GoldenCase) -> None:
    if case.name in NEWER_KUBECTL:
        pytest.skip("read differently by kubectl before 1.33")
    ours = parse_all(case.source, limits=KUBECTL_LIMITS)
    read = None if ours.errors else [manifest.body for manifest in ours.manifests]

    assert (read == read_by_kubectl(case.source)) is (case.name not in DEVIATIONS)


def plain_scalars(seed: int, count: int) -> list[str]:
    """Make scalars of the sort that readers quarrel about; each stays one plain scalar."""
    dice = random.Random(seed)
    alphabet = "0123456789" * 2 + "+-._:eExXoObBaAfFyYnNtT~ /"
    made: list[str] = []
    while len(made) < count:
        text = "".join(dice.choices(alphabet, k=dice.randint(1, 8))).strip()
        if text and ": " not in text and text[-1] != ":" and text[0] not in "-:" and not text.startswith("? "):
            made.append(text)
    return made


def taken_by_kubectl(scalars: list[str]) -> bool:
    return not any(text.casefold().lstrip("+-") in {".inf", ".nan"} for text in scalars)


@pytest.mark.parametrize("seed", range(4))
def test_random_plain_scalars_mean_the_same(seed: int) -> None:
    scalars = [text for text in plain_scalars(seed, 2_000) if taken_by_kubectl([text])]
    text = HEAD + "".join(f"  k{number}: {scalar}\n" for number, scalar in enumerate(scalars))
    ours, theirs = as_object(read_here(text)["spec"]), as_object(spec_by_kubectl(text))
    wrong = [
        (scalar, ours.get(key), theirs.get(key))
        for number, scalar in enumerate(scalars)
        if repr(ours.get(key := f"k{number}")) != repr(theirs.get(key))
    ]

    assert len(theirs) == len(scalars)
    assert wrong == []


@pytest.mark.parametrize("seed", range(2))
def test_random_plain_keys_mean_the_same(seed: int) -> None:
    keys = [key for key in dict.fromkeys(plain_scalars(seed, 500)) if key not in {"~", "null", "Null", "NULL"}]
    text = HEAD + "".join(f"  - {key}: 1\n" for key in keys)

    assert read_here(text)["spec"] == spec_by_kubectl(text)


@pytest.mark.parametrize(
    "body",
    [
        "  b: &b {x: 1, z: 2}\n  after: {x: 9, <<: *b}\n  before: {<<: *b, x: 9}\n  list: {<<: [*b, {x: 5, q: 6}]}\n",
        "  a: |2\n      two\n     one\n  b: >\n    f\n     more\n    g\n\n  c: |+\n    k\n\n\n",
        "  d: \"x\\\n    y\\n\n    z\"\n",
        "  a: &k key\n  *k : v\n  ? complex\n  : value\n  {x: 1}: y\n",
        "  a: !!binary aGk=\n  b: !foo {x: y}\n  c: ! 1\n  d: !!set {p, q}\n  e: !!int '0x10'\n",
        "  a: [p, 'q', \"r\", {s: t}, [u]]\n  b: {c: [], d: {}, e: , f}\n",
        "  x: 1\n  x: 2\n",
    ],
)  # fmt: skip
def test_structures_mean_the_same_or_are_refused_by_both(body: str) -> None:
    ours = parse_all(HEAD + body)
    read = None if ours.errors else ours.manifests[0].body["spec"]

    assert read == spec_by_kubectl(HEAD + body)


def test_a_list_holds_the_same_objects() -> None:
    text = (
        "apiVersion: example.com/v1\nkind: FooList\nitems:\n- metadata: {name: a}\n- apiVersion: v1\n  kind: Bar\n"
        "  metadata: {name: b}\n"
    )

    assert [manifest.body for manifest in parse_all(text).checked().manifests] == read_by_kubectl(text)
