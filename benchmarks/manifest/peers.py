"""Every reader that takes part: reads one file to the end and returns how many documents it saw.

Each is used as its users use it. ``documents`` marks the ones that read a stream document by document; a reader
that cannot is fed by our splitter, which favours it: it then needs no memory for the whole stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module


def brokkr(path: str) -> int:
    """Manifests of ``brokkr_core.manifest.parse``: identity checked, checksum taken, bad documents passed over."""
    from brokkr_core.errors import InputErrors  # noqa: PLC0415 - a reader loads only what it needs
    from brokkr_core.manifest import parse  # noqa: PLC0415

    count = 0
    with open(path, "rb") as file:
        try:
            for _ in parse(file, on_error="collect"):
                count += 1
        except InputErrors:  # after the last document: a directory of real files holds some that are no manifests
            pass
    return count


def pyyaml_c(path: str) -> int:
    """``yaml.load_all`` with the C loader, the usual fast way."""
    import yaml  # noqa: PLC0415 - a reader loads only what it needs

    with open(path, "rb") as file:
        return sum(1 for _ in yaml.load_all(file, Loader=yaml.CSafeLoader))


def pyyaml_pure(path: str) -> int:
    """``yaml.safe_load_all``, what most Kubernetes tools in Python call."""
    import yaml  # noqa: PLC0415 - a reader loads only what it needs

    with open(path, "rb") as file:
        return sum(1 for _ in yaml.safe_load_all(file))


def ruamel(path: str) -> int:
    """ruamel.yaml, its safe loader."""
    yaml = import_module("ruamel.yaml").YAML(typ="safe")
    with open(path, "rb") as file:
        return sum(1 for _ in yaml.load_all(file))


def ryaml(path: str) -> int:
    """ryaml (Rust), document by document."""
    loads = import_module("ryaml").loads
    return sum(1 for text in _documents(path) if loads(text) is not None)


def yamlrocks(path: str) -> int:
    """yamlrocks (Rust), document by document."""
    loads = import_module("yamlrocks").loads
    return sum(1 for text in _documents(path) if loads(text) is not None)


def kubernetes_utils(path: str) -> int:
    """The reading half of ``kubernetes.utils.create_from_yaml``: ``yaml.safe_load_all``, with the client loaded."""
    import_module("kubernetes.utils")
    return pyyaml_pure(path)


def lightkube(path: str) -> int:
    """``lightkube.codecs.load_all_yaml``; it makes objects of known kinds and of custom ones."""
    codecs = import_module("lightkube.codecs")
    with open(path, "rb") as file:
        return len(codecs.load_all_yaml(file, create_resources_for_crds=True))


def kubectl(path: str) -> int:
    """``kubectl label --local``: reads, labels and prints names, without a server."""
    import subprocess  # noqa: PLC0415 - no other reader needs it

    command = ["kubectl", "label", "--local", "-f", path, "benchmark=x", "--dry-run=client", "-o", "name"]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.count(b"\n")


def _documents(path: str) -> Iterator[str]:
    """Cut a stream at its separators, for readers that take one document at a time."""
    rest = b""
    with open(path, "rb") as file:
        while piece := file.read(256 * 1024):
            *whole, rest = (rest + piece).split(b"\n---\n")
            yield from (document.decode() for document in whole)
    yield rest.decode()


PEERS: dict[str, Callable[[str], int]] = {
    "brokkr": brokkr,
    "PyYAML CSafeLoader": pyyaml_c,
    "ruamel.yaml safe": ruamel,
    "ryaml": ryaml,
    "yamlrocks": yamlrocks,
    "kubernetes.utils": kubernetes_utils,
    "lightkube": lightkube,
    "kubectl": kubectl,
}

#: Too slow for the large cases: about 1 MB/s.
SLOW = frozenset({"kubernetes.utils", "lightkube", "ruamel.yaml safe"})

MODULES = {
    "brokkr": "brokkr_core.manifest",
    "PyYAML CSafeLoader": "yaml",
    "ruamel.yaml safe": "ruamel.yaml",
    "ryaml": "ryaml",
    "yamlrocks": "yamlrocks",
    "kubernetes.utils": "kubernetes.utils",
    "lightkube": "lightkube.codecs",
}


def load(name: str) -> None:
    """Import what a reader needs, so that reading can be timed apart from importing."""
    if name in MODULES:
        import_module(MODULES[name])


def missing(name: str) -> str:
    """Say why a reader cannot take part; empty when it can. Nothing is imported: memory is measured in children."""
    from importlib.util import find_spec  # noqa: PLC0415 - what is measured does not ask
    from shutil import which  # noqa: PLC0415

    if name not in MODULES:
        return "" if which(name) else "not on PATH"
    root = MODULES[name].partition(".")[0]
    return "" if find_spec(root) else "not installed"
