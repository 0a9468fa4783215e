"""Try a request again when trying again can help."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from brokkr_core.errors import ApiError, BrokkrError, ClusterUnreachableError, ServerFaultError, ThrottledError

T = TypeVar("T")


class Repeater:
    """Placeholder until the shared retry policy lands."""

    def __init__(
        self,
        *,
        attempts: int = 5,
        first_wait_seconds: float = 0.2,
        longest_wait_seconds: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._attempts = attempts
        self._first = first_wait_seconds
        self._longest = longest_wait_seconds
        self._sleep = sleep
        self._dice = dice

    def __call__(self, operation: Callable[[], T], on_repeat: Callable[[BrokkrError], None] = lambda _error: None) -> T:
        """Carry out an operation."""
        for attempt in range(1, self._attempts):
            try:
                return operation()
            except (ServerFaultError, ThrottledError, ClusterUnreachableError) as error:
                on_repeat(error)
                asked = error.retry_after_seconds if isinstance(error, ApiError) else None
                self._sleep(asked or min(self._longest, self._first * 2**attempt) * self._dice())
        return operation()
