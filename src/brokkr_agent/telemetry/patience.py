"""How long to wait between two looks at something that is told over the channel. Pure."""

from __future__ import annotations

from attrs import evolve, frozen

#: Between two watches when all is well; each goes on where the one before it ended.
PAUSE_SECONDS = 1.0
#: After trouble on the way to the cluster.
TROUBLE_SECONDS = 10.0
#: After a refusal, which only somebody who grants a right can end.
REFUSED_SECONDS = 300.0


@frozen(kw_only=True)
class Patience:
    """What became of the last look."""

    seconds: float = PAUSE_SECONDS
    refused: bool = False

    def well(self) -> Patience:
        """Take in that the last look was good."""
        return Patience()

    def trouble(self) -> Patience:
        """Take in that the cluster did not answer, or not well."""
        return evolve(self, seconds=TROUBLE_SECONDS)

    def forbidden(self) -> Patience:
        """Take in that we may not look."""
        return Patience(seconds=REFUSED_SECONDS, refused=True)
