"""Read manifests from what ``-f`` names: files, directories, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from brokkr_core.errors import InputError, InputErrors, ManifestError
from brokkr_core.manifest import parse_all
from brokkr_core.model.manifest import Manifest

#: What a directory is searched for, as kubectl does.
SUFFIXES = frozenset({".yaml", ".yml", ".json"})


def read_sources(names: Iterable[str], *, recursive: bool = False) -> tuple[Manifest, ...]:
    """Read every manifest that the arguments name.

    Args:
        names: files, directories, or ``-`` for standard input.
        recursive: go into subdirectories.

    Returns:
        The manifests, in the order of the arguments; files of a directory sorted by name.

    Raises:
        InputErrors: everything that cannot be read, in all files.
    """
    manifests: list[Manifest] = []
    faults: list[InputError] = []
    for name, data in _contents(names, recursive, faults):
        parsed = parse_all(data, source_name=name)
        manifests.extend(parsed.manifests)
        faults.extend(parsed.errors)
    _check(manifests, faults, names)
    return tuple(manifests)


def read_text(names: Iterable[str], *, recursive: bool = False) -> str:
    """Read what the arguments name as one text, once every manifest in it was understood.

    Args:
        names: as for :func:`read_sources`.
        recursive: go into subdirectories.

    Returns:
        The text of a single source as it is; several are joined with ``---``.

    Raises:
        InputErrors: everything that cannot be read, in all files.
    """
    manifests: list[Manifest] = []
    faults: list[InputError] = []
    texts: list[str] = []
    for name, data in _contents(names, recursive, faults):
        parsed = parse_all(data, source_name=name)
        manifests.extend(parsed.manifests)
        faults.extend(parsed.errors)
        try:
            texts.append(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            faults.append(ManifestError(f"is not UTF-8 at byte {error.start}", source=name))
    _check(manifests, faults, names)
    return "\n---\n".join(texts)


def _contents(names: Iterable[str], recursive: bool, faults: list[InputError]) -> Iterator[tuple[str, bytes]]:
    for path in _files(names, recursive, faults):
        try:
            yield "-" if path is None else str(path), sys.stdin.buffer.read() if path is None else path.read_bytes()
        except OSError as error:
            faults.append(ManifestError(f"cannot be read: {error.strerror}", source=str(path)))


def _check(manifests: list[Manifest], faults: list[InputError], names: Iterable[str]) -> None:
    if not faults and not manifests:
        faults.append(ManifestError("there is no Kubernetes object in it", source=", ".join(names)))
    if faults:
        raise InputErrors(faults)


def _files(names: Iterable[str], recursive: bool, faults: list[InputError]) -> Iterable[Path | None]:
    for name in names:
        if name == "-":
            yield None
            continue
        path = Path(name)
        if not path.exists():
            faults.append(ManifestError("there is no such file or directory", source=name))
        elif path.is_dir():
            found = path.rglob("*") if recursive else path.iterdir()
            yield from sorted(one for one in found if one.suffix in SUFFIXES and one.is_file())
        else:
            yield path
