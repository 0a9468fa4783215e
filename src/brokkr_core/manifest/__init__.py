"""YAML and JSON -> Kubernetes manifests, read as kubectl reads them."""

from brokkr_core.manifest.checksum import checksum
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.locate import locate
from brokkr_core.manifest.marks import Place
from brokkr_core.manifest.parse import ManifestStream, Parsed, parse, parse_all
from brokkr_core.manifest.reader import Source

__all__ = [
    "Limits",
    "ManifestStream",
    "Parsed",
    "Place",
    "Source",
    "checksum",
    "locate",
    "parse",
    "parse_all",
]
