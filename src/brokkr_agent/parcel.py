"""A revision on its way to whoever works on it: its text is read once and let go of."""

from __future__ import annotations

from attrs import evolve

from brokkr_agent.reading import read
from brokkr_core.broker import verify_checksum
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.manifest import Manifest


class Parcel:
    """Holds a revision's text until it is read; a run may last for an hour, and the text may be large.

    Args:
        whole: the revision as the broker sent it.
    """

    def __init__(self, whole: DeploymentObject) -> None:
        self._texts = [whole]
        self.revision = evolve(whole, yaml_content="")  #: who it is, without its text

    def open(self) -> tuple[Manifest, ...]:
        """Return what the revision wants; nothing for a deletion marker, whatever its text says. Can be asked once.

        Raises:
            ChecksumError: the text is not the one the broker vouched for.
            InputErrors: what is wrong with it, document by document.
        """
        whole = self._texts.pop()
        verify_checksum(whole)
        return () if whole.is_deletion_marker else read(whole.yaml_content, source=f"deployment object {whole.id}")
