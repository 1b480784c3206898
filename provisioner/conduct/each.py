"""The same work on many items at a time: with AWS it is mostly waiting."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_SOME = 16  # items handed to a thread at once


def each(work: Callable[[T], R], items: Sequence[T], workers: int, *, some: int = _SOME) -> list[R]:
    """``work`` on every item, in order, in threads; ``some`` at a time, for handing over single ones costs too."""
    if workers == 1:
        return [work(item) for item in items]
    size = max(1, min(some, len(items) // (4 * workers)))
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    with ThreadPoolExecutor(workers) as pool:
        return [one for part in pool.map(lambda part: [work(item) for item in part], parts) for one in part]
