"""What to do about conflicts at some paths: a value, and how people write it."""

from __future__ import annotations

from fnmatch import fnmatchcase

from attrs import field, frozen

from brokkr_core.errors import UsageError
from brokkr_core.model.conflict import Conflict, Conflicts
from brokkr_core.model.ref import GroupKind


@frozen(kw_only=True)
class ConflictRule:
    """What to do about conflicts at some paths. The first rule that matches decides.

    Args:
        path: a field path as the server writes it, ``*`` for any text: ``.spec.replicas``,
            ``.spec.template.spec.containers[*].image``, ``.metadata.labels.*``. A field below it matches too.
        decision: what to do.
        managers: only conflicts with managers of these names, ``*`` for any text.
        kinds: only objects of these kinds; none means all.
    """

    path: str
    decision: Conflicts
    managers: tuple[str, ...] = ("*",)
    kinds: frozenset[GroupKind] = field(factory=frozenset)

    def covers(self, conflict: Conflict, kind: GroupKind, *, around: tuple[str, ...] = ()) -> bool:
        """Tell whether the rule speaks about a conflict.

        Args:
            conflict: the conflict.
            kind: the object's kind.
            around: the paths of what its field lies in. They cannot be read from its own, since names may hold dots:
                the label ``app.kubernetes.io/name`` is not below the label ``app``.
        """
        if self.kinds and kind not in self.kinds:
            return False
        if not any(fnmatchcase(conflict.manager, name) for name in self.managers):
            return False
        # A bracket has a meaning of its own to fnmatch, a dot has none.
        pattern = self.path.replace("[", "[[]")
        return any(fnmatchcase(path, pattern) for path in (conflict.path, *around))

    @classmethod
    def parse(cls, text: str) -> ConflictRule:
        """Read a rule as people write it.

        Args:
            text: ``path=decision``, or ``path=decision@managers`` with names separated by commas; for example
                ``.spec.replicas=yield`` or ``.metadata.annotations.*=take@kube-*,kubectl``.

        Returns:
            The rule, for all kinds.

        Raises:
            UsageError: it is not of that form.
        """
        path, equals, rest = text.strip().rpartition("=")
        decision, _, managers = rest.partition("@")
        if not equals or not path.startswith((".", "*")) or decision not in list(Conflicts):
            allowed = ", ".join(Conflicts)
            raise UsageError(
                f"conflict rule {text!r}: write path=decision, such as .spec.replicas=yield; "
                f"a path starts with a dot and a decision is one of {allowed}"
            )
        names = tuple(name.strip() for name in managers.split(",") if name.strip())
        return cls(path=path, decision=Conflicts(decision), managers=names or ("*",))

    @classmethod
    def parse_several(cls, text: str) -> tuple[ConflictRule, ...]:
        """Read rules that are separated by semicolons.

        Raises:
            UsageError: one of them is not of the form of ``parse``.
        """
        return tuple(cls.parse(part) for part in text.split(";") if part.strip())
