"""The secrets that this process knows: whatever it is given or sends, so that the log can hide it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from brokkr_agent.hiding import forms, hide, lines_of, longest_first

#: So many secrets are known at once; a service account's token is replaced every hour, and an old one is of no use.
MOST_SECRETS = 64


class Secrets:
    """Hides known secrets in texts. Safe for several threads; a reader never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, set[str]] = OrderedDict()
        self._forms: tuple[str, ...] = ()

    def know(self, *values: str) -> None:
        """Hide values from now on, each of their lines too; the one that was told longest ago is forgotten first."""
        new = [value for value in values if value and value not in self._known]
        if not new:
            return
        with self._lock:
            for value in new:
                self._known[value] = {form for line in lines_of([value]) for form in forms(line)}
            while len(self._known) > MOST_SECRETS:
                self._known.popitem(last=False)
            self._forms = longest_first(set().union(*self._known.values()))

    def hide(self, text: str) -> str:
        """Return a text without them, in whatever form they stand there."""
        return hide(text, self._forms)
