"""Which kubeconfigs there are, and what stands in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from brokkr_core.errors import UsageError
from brokkr_core.kube.kubeconfig import ConfigFile
from brokkr_core.kube.login import read_file
from brokkr_core.manifest.documents import DocumentReader
from brokkr_core.manifest.identity import kind_of_value
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.split import split
from brokkr_core.model.json import Json

#: Where kubectl looks when nobody says.
DEFAULT = "~/.kube/config"

#: A kubeconfig is a small thing; client-go has no bound.
LIMITS = Limits(document_bytes=16 * 1024 * 1024, documents=100)

#: What a fault quotes of the text; in a kubeconfig any word may be a secret.
_QUOTED = re.compile(r"""(?s)(['"]).*\1""")


def read_kubeconfigs(path: str | None, environment: Mapping[str, str]) -> tuple[ConfigFile, ...]:
    """Read the kubeconfigs that count, as client-go looks for them.

    Args:
        path: the one to read; None takes those of ``KUBECONFIG``, else ``~/.kube/config``.
        environment: environment variables.

    Returns:
        The files that are there, in order; at least one.

    Raises:
        UsageError: there is none, or one cannot be read.
    """
    if path is not None:
        return (_read(os.path.expanduser(path)),)
    named = dict.fromkeys(filter(None, environment.get("KUBECONFIG", "").split(os.pathsep)))
    paths = [os.path.expanduser(one) for one in named or (DEFAULT,)]
    files = tuple(_read(one) for one in paths if os.path.lexists(one))
    if not files:
        raise UsageError(f"no way into a cluster: there is no kubeconfig at {', '.join(paths)}; set a kubeconfig")
    return files


def _read(path: str) -> ConfigFile:
    values = list(_values(path))
    if len(values) > 1:
        raise UsageError(f"kubeconfig {path}: holds {len(values)} documents; keep one")
    document = values[0] if values else {}
    if not isinstance(document, dict):
        raise UsageError(f"kubeconfig {path}: must be a mapping, found {kind_of_value(document)}")
    return ConfigFile(path=path, document=document)


def _values(path: str) -> Iterator[Json]:
    reader = DocumentReader(limits=LIMITS, strict=False)
    data = read_file(path, said_by="kubeconfig")
    for raw in split(iter((data,)), max_bytes=LIMITS.document_bytes):
        for document in reader.read(raw):
            if document.fault is not None:
                line = document.first_line + max(document.fault.line, 1) - 1
                raise UsageError(f"kubeconfig {path}:{line}: {_QUOTED.sub('...', document.fault.problem)}")
            if document.value is not None:
                yield document.value
