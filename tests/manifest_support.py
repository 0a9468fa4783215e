"""What the tests of the manifest parser share: the golden table, both reading paths, and a mutator."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from brokkr_core.manifest import Limits
from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.documents import DocumentReader
from brokkr_core.manifest.events import build
from brokkr_core.manifest.fast import FastReader
from brokkr_core.manifest.faults import FaultError
from brokkr_core.manifest.reader import pieces, utf8
from brokkr_core.manifest.scalars import INT64_MAX, INT64_MIN, resolve
from brokkr_core.manifest.split import split
from brokkr_core.manifest.strict import resolve_agreed
from brokkr_core.model.json import Json

GOLDEN = Path(__file__).parent / "data" / "yaml-kubectl-golden.jsonl"

#: As deep as kubectl goes; the default is lower.
KUBECTL_LIMITS = Limits(depth=10_000)

#: Inputs that are read differently from kubectl on purpose, each with the reason.
DEVIATIONS = {
    "b_inv_utf8_cmt": "kubectl writes U+FFFD into the object; here invalid UTF-8 is refused",
    "b_latin1": "kubectl writes U+FFFD into the object; here invalid UTF-8 is refused",
    "b_overlong": "kubectl writes U+FFFD into the object; here invalid UTF-8 is refused",
    "b_surr_utf8": "kubectl writes U+FFFD into the object; here invalid UTF-8 is refused",
    "s_directive": "kubectl's splitter cuts directives off; they are valid YAML and taken",
    "s_directive12": "kubectl's splitter cuts directives off; they are valid YAML and taken",
    "s_dots_more": "kubectl silently drops what follows '...'; here that is an error",
    "s_multi_inline": "kubectl refuses content in the line of '---'; it is valid YAML and taken",
    "s_no_apiver": "kubectl label takes an object without apiVersion; kubectl apply does not",
    "v_dq_esc": "go-yaml lacks the escape for a slash; libyaml has it, as YAML 1.2 does",
}


@frozen
class GoldenCase:
    """One input and what kubectl 1.37 made of it."""

    name: str
    source: str | bytes
    documents: list[Json] | None  #: None when kubectl refused it


def _integer(digits: str) -> int | float:
    """Read an integer as the table means it: beyond 64 bit it is a float that Go printed in full."""
    value = int(digits)
    return value if INT64_MIN <= value <= INT64_MAX else float(value)


def golden_cases() -> Iterator[GoldenCase]:
    """Read the golden table; deep nesting is left out, since Python's JSON cannot read its answer."""
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if '"d_deep' in line:
            continue
        row = json.loads(line, parse_int=_integer)
        source = row["input"] if "input" in row else base64.b64decode(row["input_b64"])
        yield GoldenCase(row["name"], source, row["documents"] if row["ok"] else None)


def values(source: str | bytes, *, fast: bool, strict: bool = False) -> list[str]:
    """Read every document of a source and write each down so that types and order of keys count."""
    reader = DocumentReader(limits=KUBECTL_LIMITS, strict=strict, fast=fast)
    found: list[str] = []
    for raw in split(utf8(pieces(source)), max_bytes=1 << 30):
        for document in reader.read(raw):
            found += ["fault" if document.fault is not None else repr(document.value)]
    return found


class Paths:
    """Both ways to read one document, the fast one with its memory kept between documents."""

    def __init__(self, *, strict: bool = False) -> None:
        self.accepted = 0
        self._strict = strict
        self._fast = FastReader(KUBECTL_LIMITS, resolve_agreed if strict else resolve)

    def disagreement(self, text: str) -> str:
        """Say how the paths differ on a text; empty when the fast one passes or agrees."""
        try:
            fast = self._fast.read(text)
        except BailError:
            return ""
        self.accepted += 1
        try:
            slow = build(text, limits=KUBECTL_LIMITS, strict=self._strict)
        except FaultError as error:
            return f"fast {fast!r}, events refuse: {error}\n{text}"
        return "" if repr(fast) == repr(slow) else f"fast {fast!r}\nslow {slow!r}\n{text}"


SEEDS = [
    """\
base: &a
  x: 1
copy: *a
merged:
  x: 2
  <<: *a
  y: [3]
list: &b
- <<: *a
  x: 4
- *a
again: *b
""",
    """\
spec:
  - &a
    name: c
    env:
    - k: v
      w: true
  - <<: *a
    name: d
  - *a
  - &b
    - q: 1
  - *b
  - - *a
    - *b
  -   k: *b
      "<<": *a
""",
    """\
a: 1
b: two
c:
  d: [x, y]
  e: {}
""",
    """\
items:
- name: x
  args: [--a, '-b', "c"]
- name: y
  args:
  - p
  - q: 1
    r: ~
-
  z: 0x1F
""",
    """\
data:
  script: |
    #!/bin/sh
    echo 'a: b' # c

      deeper
  fold: >-
    one
    two

    three
  keep: |+
    x


last: end
""",
    """\
quoted: "a
  b\\
  c\\n

  d"
single: 'it''s
  two'
plain: word
  more words

  after blank
next: 1
""",
    """\
k:
  - - a
    - b
  - - c
'q k': "v: w"
"d k": 'x # y'
url: http://a:80/b#c
time: 12:30
""",
    """\
# head
kind: X # tail

spec:   # note
  # inner
  a:

  b: ''
  c: ""
  d: -
""",
    """\
rules:
- {apiGroups: [""], resources: [pods, 'pods/log'], verbs: [get], n: 1.0, t: true}
- {}
- []
- |\x20
  x
""",
    """\
a:
- b:
  - c
  -
    d: e
- >
  folded
  text
- "quoted
  twice"
- plain
  twice
""",
    """\
on: x
1: y
yes: no
n: y
~: z
.5: a
-1: b
=: c
<<: d
""",
    """\
a: &x 1
b: *x
c: !!str 5
d: ! e
? f
: g
""",
    """\
t:\tx
u: a\tb
v:
\t- w
""",
    """\
a: é
b: "\u263a"
c: x\u00a0y
""",
]

PIECES = [
    ":", ": ", "- ", "-", "#", " #", "'", '"', "\\", "|", ">", "|-", ">+", "|2", "[", "]", "{", "}", ",", "&a", "*a",
    "!t", "?", "? ", "%", "@", "`", "~", "\t", "\n", "\n\n", " ", "  ", "    ", "---", "...", "\r\n", "\r", "a", "0",
    "1e3",
    "0x", "true", "y", "null", "<<", "=", ".", "+", "\\n", "''", '""', "\u00e9", "\u2028", "\ufeff", "\x85", "\x07",
    "a: b", "- c: d", " &a", " *a", "- *b", "<<: *a\n", "- &b",
]  # fmt: skip


def mutants(seed: int, count: int) -> Iterator[str]:
    """Yield documents that were once well-formed, each with a few changes; the same for the same seed."""
    dice = random.Random(seed)
    for _ in range(count):
        # The later seeds are of the sort that the fast path passes on; they matter as sources of odd lines.
        text = "".join(dice.choices(SEEDS, weights=[6] * 10 + [1] * (len(SEEDS) - 10), k=dice.choice([1, 1, 1, 2])))
        for _ in range(dice.randint(1, 3)):
            text = _mutated(text, dice)
        yield text


def _mutated(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    change = dice.randrange(7)
    if change == 0:
        lines[at] = " " * dice.randint(1, 4) + lines[at]
    elif change == 1:
        lines[at] = lines[at].removeprefix(" " * dice.randint(1, 4))
    elif change == 2:
        del lines[at]
    elif change == 3:
        lines.insert(at, dice.choice(lines))
    elif change == 4:
        lines[at : at + 2] = reversed(lines[at : at + 2])
    else:
        place = dice.randint(0, len(text))
        end = place + dice.choice([0, 0, 1, 2])
        return text[:place] + dice.choice(PIECES) + text[end:]
    return "\n".join(lines)
