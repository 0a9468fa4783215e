"""Settings of the audit trail."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.checks import between, one_of
from brokkr_agent.settings.definition import Applies, setting


@frozen(kw_only=True, slots=False)
class Auditing:
    """Audit trail."""

    audit_path: str = setting(
        "",
        Applies.RESTART,
        "Directory for the {doc}`audit trail <audit>`, one for every agent; it has to outlive the pod. "
        "Empty keeps none.",
    )
    audit_fsync: str = setting(
        "batch",
        Applies.RESTART,
        "When a record is on the disk: `always`, each before the next; `batch`, what is about to be changed before it "
        "is, and what comes together shares one wait; `off`, when the system gets to it.",
        one_of("always", "batch", "off"),
    )
    audit_on_failure: str = setting(
        "block",
        Applies.RESTART,
        "What becomes of a change of the cluster whose record cannot be written: `block` refuses it, `continue` makes "
        "it and counts the missing record.",
        one_of("block", "continue"),
    )
    audit_segment_mebibytes: float = setting(
        16.0,
        Applies.RESTART,
        "A file of so many MiB is full, and another one is begun.",
        between(0.001, 1024),
    )
    audit_segments_kept: int = setting(
        64,
        Applies.RESTART,
        "So many files are kept, the one that is written to included; `0` keeps all of them.",
        between(0, 100_000),
    )
