"""Everything a change is judged by: plain ``nox`` is the whole CI, ``nox -l`` lists the rest."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
# One backend everywhere: an installer that happens to be on somebody's PATH may not know their package index.
nox.options.default_venv_backend = "virtualenv"
# The suite comes last, so that its closing line is the last one that tells of tests.
nox.options.sessions = ["lint", "types", "layers", "docs", "package", "tests"]

LOCK = "requirements/lock.txt"
TEST_TOOLS = ("hypothesis", "jsonschema", "pytest", "pytest-timeout", "pytest-xdist", "trustme")

#: The suite mostly waits for processes and sockets: more workers than cores. A later ``-n0`` overrules it.
WORKERS = ("-n", str(min(8, 2 * (os.cpu_count() or 1))), "--dist", "worksteal")

#: Where this run of nox has built: the sessions that install the wheel share one build.
BUILT: list[Path] = []


def install(session: nox.Session, *what: str) -> None:
    """Install with the versions of the lock."""
    session.install("-q", "-c", LOCK, *what)


def build(session: nox.Session) -> Path:
    """Build source archive and wheel, the wheel from the archive, once a run; return the folder they are in."""
    if BUILT:
        return BUILT[0]
    folder = Path(session.create_tmp()) / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    requires = nox.project.load_toml("pyproject.toml")["build-system"]["requires"]
    install(session, "build", *requires)
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(folder), silent=True)
    BUILT.append(folder.resolve())
    return folder


def install_wheel(session: nox.Session, *, extras: str = "") -> Path:
    """Build, and install the wheel as a user would; return the folder of the wheel."""
    folder = build(session)
    (wheel,) = folder.glob("*.whl")
    install(session, f"{wheel}{extras}")
    return folder


@nox.session(reuse_venv=True)
def lint(session: nox.Session) -> None:
    """Style and known mistakes."""
    install(session, "ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(reuse_venv=True)
def types(session: nox.Session) -> None:
    """Strict types, the tests and the examples of the documentation included."""
    install(session, "-e", ".[dev]")
    session.run("mypy")
    beside = ("noxfile.py", "benchmarks", "docs/conf.py", "docs/examples")
    session.run("mypy", *beside)


@nox.session(reuse_venv=True)
def layers(session: nox.Session) -> None:
    """Arrows between the rooms only point down."""
    install(session, "import-linter")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": "src"})


@nox.session(reuse_venv=True)
def docs(session: nox.Session) -> None:
    """The documentation; a dead reference is an error."""
    install(session, "-e", ".[agent,testing]", "furo", "myst-parser", "sphinx")
    # -E reads every page again: what a kept environment was told once it does not tell twice.
    session.run("sphinx-build", "-q", "-E", "-W", "-n", "-b", "html", "docs", "docs/_build/html")


@nox.session(reuse_venv=True)
def settings(session: nox.Session) -> None:
    """Write the tables of docs/reference/settings.md and its schema anew, from the definitions of the settings."""
    install(session, "-e", ".[agent]")
    session.run("python", "-m", "brokkr_agent.reference", "docs/reference")


@nox.session
def package(session: nox.Session) -> None:
    """What goes into the wheel, and that the library works without any extra."""
    dist = install_wheel(session)
    install(session, "hypothesis", "pytest", "pytest-timeout")
    places = ("tests/unit/test_packaging.py", "tests/unit/test_public_api.py")
    session.run("python", "-m", "pytest", "-q", *places, env={"BROKKR_TEST_DIST": str(dist)})


@nox.session
def tests(session: nox.Session) -> None:
    """The suite, run against the installed wheel and not against the tree."""
    dist = install_wheel(session, extras="[agent,testing]")
    install(session, *TEST_TOOLS)
    session.run("python", "-m", "pytest", *WORKERS, *session.posargs, env={"BROKKR_TEST_DIST": str(dist)})


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks: what they print is a number of this machine, not a promise."""
    install(session, ".[agent,testing]", *TEST_TOOLS, "pytest-benchmark")
    session.run("python", "-m", "pytest", "benchmarks", *session.posargs)
    session.run("python", "benchmarks/manifest/run.py")
    session.run("python", "benchmarks/apply/run.py", "--short")
    session.run("python", "benchmarks/rollback/run.py", "--objects", "100", "--changed", "5", "--rounds", "1")
    session.run("python", "benchmarks/audit/run.py", "--changes", "200", "--rounds", "1")


@nox.session
def fuzz(session: nox.Session) -> None:
    """The properties with other examples every time and many more of them: as long as one lets it."""
    install(session, ".[agent,testing]", *TEST_TOOLS)
    seed = os.environ.get("BROKKR_FUZZ_SEED", str(int(time.time())))
    documents = os.environ.get("BROKKR_FUZZ_DOCUMENTS", "500000")
    session.log(f"BROKKR_FUZZ_SEED={seed} makes the same documents again")
    search = ("tests/property", "--hypothesis-profile=fuzz", "--timeout=0")
    env = {"BROKKR_FUZZ_SEED": seed, "BROKKR_FUZZ_DOCUMENTS": documents}
    session.run("python", "-m", "pytest", *search, *session.posargs, env=env)


@nox.session
def soak(session: nox.Session) -> None:
    """The proofs about the running agent in the sizes that are worth a claim; ``-- -k network`` chooses."""
    install(session, ".[agent,testing]", *TEST_TOOLS)
    seed = os.environ.get("BROKKR_SOAK_SEED", str(int(time.time())))
    session.log(f"BROKKR_SOAK_SEED={seed} throws the same dice again")
    proofs = [str(path) for name in ("proof", "soak") for path in sorted(Path("tests/chaos").glob(f"test_{name}_*.py"))]
    env = {"BROKKR_SOAK": "1", "BROKKR_SOAK_SEED": seed}
    others = ("tests/chaos/test_crash_points.py", "tests/memory/test_agent_memory.py")
    session.run("python", "-m", "pytest", "-v", *proofs, *others, *session.posargs, env=env)


@nox.session
def lock(session: nox.Session) -> None:
    """Write requirements/lock.txt anew; ``nox -s lock -- --upgrade`` takes newer versions."""
    session.install("-q", "uv")
    requires = nox.project.load_toml("pyproject.toml")["build-system"]["requires"]
    build_requirements = Path(session.create_tmp()) / "build.in"
    build_requirements.write_text("\n".join(requires) + "\n")
    flags = ("--universal", "--all-extras", "--python-version", "3.11")
    quiet = ("--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")
    sources = ("pyproject.toml", str(build_requirements))
    session.run("uv", "pip", "compile", *flags, *quiet, *session.posargs, *sources, "--output-file", LOCK)
    pins = Path(LOCK).read_text()
    Path(LOCK).write_text(f"# Constraints for CI and for development, written by: nox -s lock\n{pins}")
