"""Everybody who takes part: applies a file server-side in a process of its own, as its users would.

Flags are the defaults but for what makes the work the same: nobody waits until objects are ready, which kubectl does
not do either. kubectl validates on the server and finds its cache of discovery warm; see ``run.py``.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

_LIBRARY = """
import sys
from brokkr_core import ApplyPolicy, apply_plan, connect, order, parse_all, resolve
with connect(sys.argv[2]) as client:
    plan = order(resolve(parse_all(open(sys.argv[1], "rb").read()).checked().manifests, client.discovery))
    report = apply_plan(client, plan, policy=ApplyPolicy(wait=False))
assert report.ok, report.failed
"""

_LIGHTKUBE = """
import sys
from lightkube import Client, KubeConfig, codecs
client = Client(config=KubeConfig.from_file(sys.argv[2]), field_manager="bench", trust_env=False)
for one in codecs.load_all_yaml(open(sys.argv[1])):
    client.apply(one)
"""

_KUBERNETES = """
import sys, yaml
from kubernetes import client, config, utils
config.load_kube_config(sys.argv[2])
parts = {}
for one in yaml.safe_load_all(open(sys.argv[1])):
    parts.setdefault(one["metadata"].get("namespace", "default"), []).append(one)
for namespace, objects in parts.items():
    utils.create_from_yaml(client.ApiClient(), yaml_objects=objects, namespace=namespace, apply=True)
"""


def brokkr_agent(file: Path, kubeconfig: Path, _cache: Path) -> list[str]:
    """``brokkr-agent apply --no-wait``."""
    command = str(Path(sys.executable).with_name("brokkr-agent"))
    return [command, "apply", "--no-wait", "-f", str(file), "--kubeconfig", str(kubeconfig)]


def brokkr_core(file: Path, kubeconfig: Path, _cache: Path) -> list[str]:
    """The library's ``apply_plan`` in a script."""
    return [sys.executable, "-c", _LIBRARY, str(file), str(kubeconfig)]


def kubectl(file: Path, kubeconfig: Path, cache: Path) -> list[str]:
    """``kubectl apply --server-side``, which validates on the server (``--validate=true``)."""
    where = ["--kubeconfig", str(kubeconfig), "--cache-dir", str(cache)]
    return ["kubectl", "apply", "--server-side", "-f", str(file), *where]


def lightkube(file: Path, kubeconfig: Path, _cache: Path) -> list[str]:
    """``lightkube.Client.apply``, object by object, as its users write it."""
    return [sys.executable, "-c", _LIGHTKUBE, str(file), str(kubeconfig)]


def kubernetes_utils(file: Path, kubeconfig: Path, _cache: Path) -> list[str]:
    """``kubernetes.utils.create_from_yaml(apply=True)``; it makes a DynamicClient for every object.

    With ``apply`` it sends every object to the one namespace it is given, so it is called once for each.
    """
    return [sys.executable, "-c", _KUBERNETES, str(file), str(kubeconfig)]


CLIENTS: dict[str, Callable[[Path, Path, Path], list[str]]] = {
    "brokkr-agent apply": brokkr_agent,
    "brokkr_core": brokkr_core,
    "kubectl": kubectl,
    "lightkube": lightkube,
    "kubernetes.utils": kubernetes_utils,
}


def warm_up(name: str, kubeconfig: Path, cache: Path) -> list[str]:
    """Return what fills a client's cache before the clock runs; empty where there is nothing to fill."""
    if name != "kubectl":
        return []
    return ["kubectl", "api-resources", "--kubeconfig", str(kubeconfig), "--cache-dir", str(cache)]


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a client: a home and a temporary folder of its own, and no proxy in between."""
    own = {"HOME": str(folder), "TMPDIR": str(folder), "KUBECONFIG": "", "NO_PROXY": "*", "no_proxy": "*"}
    # Whoever forbids bytecode would have Python clients compile their sources anew in every run.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **own}


def missing(name: str) -> str:
    """Say why a client cannot take part; empty when it can."""
    if name in ("kubectl", "brokkr-agent apply"):
        program = "kubectl" if name == "kubectl" else str(Path(sys.executable).with_name("brokkr-agent"))
        return "" if shutil.which(program) else f"there is no {program}"
    return "" if find_spec(name.partition(".")[0]) else "not installed"
