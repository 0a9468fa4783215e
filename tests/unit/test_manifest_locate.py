"""The line of any field, on demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokkr_core.errors import UsageError
from brokkr_core.manifest import locate, parse

TEXT = """\
# head
---
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    brokkr.io/wave: "1"
spec:
  containers:
  - name: x
    image: y
  - name: z
    env: &env
    - {name: A, value: b}
  initContainers:
  - name: i
    env: *env
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Foo
  metadata:
    name: b
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("kind", 4, 1),
        ("metadata.name", 6, 3),
        ("metadata.annotations[brokkr.io/wave]", 8, 5),
        ("spec.containers[0]", 11, 5),
        ("spec.containers[1].name", 13, 5),
        ("spec.containers[1].env[0].value", 15, 17),
        ("spec.initContainers[0].env[0].value", 15, 17),
        (("spec", "containers", 0, "image"), 12, 5),
    ],
)
def test_a_field_is_found(path: str | tuple[str | int, ...], line: int, column: int) -> None:
    place = locate(TEXT, next(parse(TEXT)), path)

    assert (place.line, place.column, place.exact) == (line, column, True)


@pytest.mark.parametrize(("path", "line"), [("spec.replicas", 9), ("spec.containers[7].image", 10), ("status", 3)])
def test_a_field_that_is_not_written_gives_the_nearest_one_around_it(path: str, line: int) -> None:
    place = locate(TEXT, next(parse(TEXT)), path)

    assert (place.line, place.exact) == (line, False)


def test_a_field_of_a_list_item_is_found() -> None:
    assert locate(TEXT, list(parse(TEXT))[1], "metadata.name").line == 26


def test_a_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT, encoding="utf-8")

    assert locate(path, next(parse(path)), "metadata.name").line == 6


def test_another_source_is_refused() -> None:
    with pytest.raises(UsageError, match="no document 2"):
        locate("a: 1\n", list(parse(TEXT))[1], "kind")
