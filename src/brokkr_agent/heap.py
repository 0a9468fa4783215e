"""How the C library keeps the memory of large texts."""

from __future__ import annotations

import sys
from contextlib import suppress

#: From ``malloc.h`` of glibc, and what it begins with: 128 KiB.
_M_MMAP_THRESHOLD = -3
_THRESHOLD_BYTES = 128 * 1024


def give_back_large_blocks() -> bool:
    """Let glibc return every large block to the system when it is freed.

    By default it raises the size from which it does so to that of the largest block that was freed, up to 32 MiB. With
    one heap for each thread, an agent that once deployed 50 MB would keep 200 MB for ever. Other C libraries are
    left alone.

    Returns:
        Whether the C library has agreed.
    """
    if sys.platform != "linux":
        return False
    import ctypes  # noqa: PLC0415 - for this one call, which only a running agent makes

    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _THRESHOLD_BYTES))
    return False
