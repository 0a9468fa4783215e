"""Rules about the repository itself that no other tool checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Written by tools or by git; not ours to judge.
FOREIGN = frozenset({".git", "__pycache__", "build", "dist", "_build", "node_modules"})
BINARY = frozenset({".gz", ".png", ".ico", ".pyc", ".whl"})

#: Lines of a module; a test module may hold a longer table of cases.
LINES = {"src": 250, "tests": 300, "benchmarks": 300}

#: Longer files, and why they are not cut in two.
LONGER = {
    "src/brokkr_agent/agent.py": "the wiring of the agent, read from top to bottom",
    "src/brokkr_agent/config.py": "every setting, one after the other",
    "src/brokkr_core/errors.py": "one tree of exceptions, drawn at its top",
    "src/brokkr_core/kube/client.py": "one verb of the API server after the other",
    "src/brokkr_core/manifest/events.py": "one state machine over the events of the YAML parser",
    "src/brokkr_core/manifest/fast.py": "one reader of one small grammar, kept in one place to be judged as a whole",
    "src/brokkr_core/manifest/shapes.py": "what one line of a rendered manifest may look like, as one table of shapes",
    "src/brokkr_core/manifest/parse.py": "the door of the parser and the stream behind it",
    "benchmarks/manifest/kinds.py": "one writer a kind of object, all of them alike",
}

#: Cut in two, so that this file does not break its own rule.
FORBIDDEN = [
    "/wor" + "k/",
    "/tm" + "p/v/",
    "/roo" + "t/",
    "/hom" + "e/[a-z]+/",
    "py" + r"pi\.org",
    "python" + r"hosted\.org",
    "--index" + "-url",
    "--extra-index" + "-url",
    "PIP_" + "INDEX_URL",
]


def ours(folder: Path = ROOT) -> Iterator[Path]:
    """Walk over the files that people write."""
    for path in sorted(folder.iterdir()):
        tools = path.name.startswith(".") and path.name not in (".ci", ".gitignore")
        if tools or path.name in FOREIGN or path.is_symlink():
            continue
        if path.is_dir():
            yield from ours(path)
        elif path.suffix not in BINARY:
            yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


MODULES = [path for path in ours() if path.suffix == ".py"]
PACKAGES = [path for path in MODULES if path.name == "__init__.py" and "src" in path.relative_to(ROOT).parts]


def test_the_walk_finds_the_repository() -> None:
    names = {name_of(path) for path in ours()}

    assert {".ci/run", "README.md", "noxfile.py", "src/brokkr_core/errors.py"} <= names


def test_no_file_is_longer_than_it_may_be_without_a_reason() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}

    allowed = {name: LINES.get(name.partition("/")[0], 250) for name in lengths if name not in LONGER}

    assert {name: lengths[name] for name, most in allowed.items() if lengths[name] > most} == {}


def test_every_file_that_may_be_longer_exists() -> None:
    assert [name for name in LONGER if not (ROOT / name).is_file()] == []


def test_no_two_test_modules_share_a_name() -> None:
    names = [path.name for path in MODULES if path.name.startswith("test_") and ROOT / "tests" in path.parents]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_a_package_is_a_docstring_imports_and_one_sorted_list_of_names(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    exported = _exported(body)
    imported = {alias.asname or alias.name for alias in _imports(body)} - {"annotations", "TYPE_CHECKING"}

    assert ast.get_docstring(ast.parse(path.read_text()))
    assert exported == sorted(exported, key=_as_ruff_sorts)
    assert len(exported) == len(set(exported))
    assert imported <= set(exported)
    assert set(exported) - imported <= {"__version__"}


def _imports(body: list[ast.stmt]) -> Iterator[ast.alias]:
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            yield from statement.names
        elif isinstance(statement, ast.If):
            yield from _imports(statement.body)


def _exported(body: list[ast.stmt]) -> list[str]:
    for statement in body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            names = ast.literal_eval(statement.value)
            assert isinstance(names, list)
            return names
    return []


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants, then classes, then everything else (rule RUF022)."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[0].isupper() else 2), name


def test_nothing_names_a_place_of_somebodys_machine_or_network() -> None:
    pattern = re.compile("|".join(FORBIDDEN))
    found = [f"{name_of(path)}: {hit.group()}" for path in ours() for hit in pattern.finditer(path.read_text())]

    assert found == []


def test_prose_has_one_sentence_a_line() -> None:
    two_in_one = re.compile(r"[a-z)`]\. [A-Z]")
    found = [
        f"{name_of(path)}:{number}"
        for path in ours()
        if path.suffix == ".md" and "tables" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if two_in_one.search(line) and not line.lstrip().startswith("|")
    ]

    assert found == []
