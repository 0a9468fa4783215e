"""The transition table: every rule there is. What no rule speaks about can be taken back exactly."""

from __future__ import annotations

from typing import Final

from brokkr_core.apply.reversibility import definitions, objects, runs, services, sets, storage
from brokkr_core.apply.reversibility.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *objects.RULES,
    *runs.RULES,
    *services.RULES,
    *sets.RULES,
    *storage.RULES,
    *definitions.RULES,
)
