"""The PAK: its shape, its sources, the one in use, and how it is rotated."""

from brokkr_core.broker.credentials.current import CurrentPak, InUse
from brokkr_core.broker.credentials.pak import Pak, hide_paks
from brokkr_core.broker.credentials.sources import CredentialSource, EnvironmentPak, FilePak, LiteralPak

__all__ = [
    "CredentialSource",
    "CurrentPak",
    "EnvironmentPak",
    "FilePak",
    "InUse",
    "LiteralPak",
    "Pak",
    "hide_paks",
]
