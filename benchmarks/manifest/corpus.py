"""Generated manifest streams: the same bytes for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.manifest.kinds import Kinds

MEGABYTE = 1_000_000
SEED = 20261123

#: How often each kind comes in a mixed stream, in percent.
SHARES = {"config_map": 35, "deployment": 30, "service": 20, "secret": 10, "resource_definition": 5}


def until(size: int, make: Callable[[], str]) -> Iterator[str]:
    """Yield what is made until the size in bytes is reached."""
    written = 0
    while written < size:
        document = make()
        written += len(document)
        yield document


def mixed(kinds: Kinds, size: int, *, anchors: bool | None = None) -> Iterator[str]:
    """Yield documents of mixed kinds."""
    makers: list[Callable[[], str]] = [
        (lambda: kinds.deployment(anchors=anchors)) if name == "deployment" else getattr(kinds, name) for name in SHARES
    ]
    weights = list(SHARES.values())

    def one() -> str:
        return kinds.random.choices(makers, weights)[0]()

    return until(size, one)


def flow(kinds: Kinds, size: int) -> Iterator[str]:
    """Yield objects in flow style: half as JSON, half in YAML's own."""

    def one() -> str:
        return kinds.random.choice([kinds.flow_json, kinds.flow_yaml])()

    return until(size, one)


def big_config_map(kinds: Kinds, size: int) -> Iterator[str]:
    """Yield one ConfigMap of many keys, no line of which repeats."""
    yield kinds.head("v1", "ConfigMap", kinds.name()) + "data:\n"
    yield from until(size, lambda: f"  {kinds.name()}: {kinds.words(4)}\n")


def big_list(kinds: Kinds, size: int) -> Iterator[str]:
    """Yield one ``List``."""
    yield "apiVersion: v1\nkind: List\nitems:\n"
    for document in mixed(kinds, size, anchors=False):
        _, first, *rest = document.splitlines()
        yield f"- {first}\n" + "".join(f"  {line}\n" for line in rest)


CASES: dict[str, Callable[[Kinds], Iterator[str]]] = {
    "mixed-1": lambda kinds: mixed(kinds, 1 * MEGABYTE),
    "mixed-10": lambda kinds: mixed(kinds, 10 * MEGABYTE),
    "mixed-100": lambda kinds: mixed(kinds, 100 * MEGABYTE),
    "crd-3": lambda kinds: iter([kinds.resource_definition(3 * MEGABYTE)]),
    "configmap-10": lambda kinds: big_config_map(kinds, 10 * MEGABYTE),
    "secrets-10": lambda kinds: until(10 * MEGABYTE, lambda: kinds.secret(length=60_000)),
    "anchors-10": lambda kinds: until(10 * MEGABYTE, lambda: kinds.deployment(anchors=True)),
    "flow-10": lambda kinds: flow(kinds, 10 * MEGABYTE),
    "list-10": lambda kinds: big_list(kinds, 10 * MEGABYTE),
}


def write(name: str, directory: Path, seed: int = SEED) -> Path:
    """Write one case into a directory, unless it is there.

    Args:
        name: a key of ``CASES``.
        directory: where to put it.
        seed: seed of the random source.

    Returns:
        The file.
    """
    path = directory / f"{name}-{seed}.yaml"
    if not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(CASES[name](Kinds(seed)))
        partial.rename(path)
    return path
