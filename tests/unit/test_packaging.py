"""What is shipped is what was tested, and the README's commands are the ones that CI runs."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

import brokkr_agent
import brokkr_core

ROOT = Path(__file__).resolve().parents[2]

#: Folder of a wheel and a source archive, and the promise that the wheel is installed; set by noxfile.py.
DIST = os.environ.get("BROKKR_TEST_DIST", "")

needs_dist = pytest.mark.skipif(not DIST, reason="no built distribution; nox builds one and sets BROKKR_TEST_DIST")


def project() -> dict[str, object]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert isinstance(table, dict)
    return table


def shipped() -> list[str]:
    (wheel,) = Path(DIST).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def metadata() -> Message:
    (wheel,) = Path(DIST).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def readme_commands() -> list[str]:
    first_screen = (ROOT / "README.md").read_text().splitlines()[:40]
    return [line for line in first_screen if line.startswith("python3 -m venv")]


def test_the_readme_begins_with_two_commands_one_for_the_demo_and_one_for_the_tests() -> None:
    demo, tests = readme_commands()

    assert demo.endswith("brokkr-agent demo")
    assert tests.endswith("nox")


def test_the_tutorial_begins_with_the_command_of_the_readme() -> None:
    tutorial = (ROOT / "docs" / "tutorial" / "first-ten-minutes.md").read_text()

    assert f"$ {readme_commands()[0]}\n" in tutorial


def test_ci_runs_the_command_of_the_readme_word_for_word_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]

    assert commands[:2] == ["set -euo pipefail", 'cd "$(dirname "${BASH_SOURCE[0]}")/.."']
    assert commands[2:] == [readme_commands()[1]]
    assert os.access(script, os.X_OK)


def test_the_lock_pins_versions_and_names_no_place_to_get_them_from() -> None:
    lines = (ROOT / "requirements" / "lock.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert pins
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9.-]+==[a-z0-9.+]+( ; .+)?", line)] == []
    assert [line for line in lines if re.search(r"https?:|file:|--|@", line)] == []


def test_the_lock_pins_every_requirement_of_the_project() -> None:
    pinned = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements" / "lock.txt").read_text(), re.MULTILINE))
    table = project()
    extras = table["optional-dependencies"]
    assert isinstance(extras, dict)
    assert isinstance(table["dependencies"], list)
    wanted = [*table["dependencies"], *(one for extra in extras.values() for one in extra)]
    names = {re.split(r"[\[<>=;! ]", one)[0].lower() for one in wanted} - {"brokkr"}

    assert names - pinned == set()


@needs_dist
def test_the_packages_under_test_are_the_installed_ones_and_not_the_tree() -> None:
    installed = Path(sysconfig.get_path("purelib")).resolve()

    for package in (brokkr_core, brokkr_agent):
        assert package.__file__ is not None
        assert installed in Path(package.__file__).resolve().parents


@needs_dist
@pytest.mark.parametrize(
    "name",
    [
        "brokkr_core/py.typed",
        "brokkr_agent/py.typed",
        "brokkr_agent/examples/web-application.yaml",
        "brokkr_agent/examples/widgets.yaml",
        "brokkr_core/testing/cluster/tables/NOTICE.md",
    ],
)
def test_the_wheel_holds(name: str) -> None:
    assert name in shipped()


@needs_dist
def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else() -> None:
    source = ROOT / "src"
    files = [file for file in source.rglob("*") if file.is_file() and not _made_by_tools(file.relative_to(source))]
    wanted = {file.relative_to(source).as_posix() for file in files}
    packaged = {name for name in shipped() if ".dist-info/" not in name}

    assert packaged == wanted


def _made_by_tools(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


@needs_dist
def test_the_wheel_carries_licence_and_notice() -> None:
    described = metadata()

    assert described["License-Expression"] == "Apache-2.0"
    assert sorted(described.get_all("License-File", [])) == ["LICENSE", "NOTICE"]
    assert sum(name.endswith(("licenses/LICENSE", "licenses/NOTICE")) for name in shipped()) == 2


@needs_dist
def test_the_wheel_says_what_it_needs_and_shows_the_readme() -> None:
    described = metadata()

    assert described["Requires-Python"] == ">=3.11"
    assert set(described.get_all("Provides-Extra", [])) == {"agent", "testing", "dev"}
    assert described["Description-Content-Type"] == "text/markdown"
    assert described.get_payload() == (ROOT / "README.md").read_text()


@needs_dist
def test_the_source_archive_can_be_tested() -> None:
    (file,) = Path(DIST).glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"noxfile.py", "requirements/lock.txt", ".ci/run", "CONTRIBUTING.md", "SECURITY.md", "docs/conf.py"}

    assert wanted - names == set()
    assert "tests/unit/test_packaging.py" in names


@pytest.mark.skipif(importlib.util.find_spec("click") is not None, reason="the extra 'agent' is installed")
def test_the_command_without_its_extra_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "brokkr_agent", "--help"], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "brokkr[agent]" in done.stderr
    assert "Traceback" not in done.stderr
