"""The no of a server-side apply: others own what it would change."""

from __future__ import annotations

from brokkr_core.testing.cluster.managers import Identity, Managers
from brokkr_core.testing.cluster.paths import Path, dotted
from brokkr_core.testing.cluster.status import Fault, Refusal


def refuse_conflicts(managers: Managers, changed: set[Path]) -> None:
    """Refuse an apply that is not forced, with one cause for every field.

    Args:
        managers: everybody but the one who applies.
        changed: the paths that would have another value.

    Raises:
        Refusal: 409.
    """
    found = [(identity, path) for identity, entry in sorted(managers.items()) for path in sorted(entry.paths & changed)]
    if not found:
        return
    causes = [
        Fault(reason="FieldManagerConflict", message=f"conflict with {identity}", field=dotted(path))
        for identity, path in found
    ]
    raise Refusal(409, "Conflict", conflict_message(found), causes=causes)


def conflict_message(found: list[tuple[Identity, Path]]) -> str:
    """Word conflicts as apimachinery's ``conflict.go`` does.

    Args:
        found: who owns which path, sorted; at least one.
    """
    if len(found) == 1:
        identity, path = found[0]
        return f"Apply failed with 1 conflict: conflict with {identity}: {dotted(path)}"
    lines: list[str] = []
    last: Identity | None = None
    for identity, path in found:
        if identity != last:
            lines.append(f"conflicts with {identity}:")
        lines.append(f"- {dotted(path)}")
        last = identity
    return f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)
