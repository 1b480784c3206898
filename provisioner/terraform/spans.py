"""When Terraform ran, for whoever wants to tell its time from ours."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_spans: list[tuple[float, float]] = []
_lock = threading.Lock()


@contextmanager
def span() -> Iterator[None]:
    """Note one run of Terraform."""
    start = time.monotonic()
    try:
        yield
    finally:
        with _lock:
            _spans.append((start, time.monotonic()))


def seconds_between(start: float, end: float) -> float:
    """Seconds of that time (``time.monotonic``) in which at least one Terraform ran."""
    with _lock:
        inside = sorted((max(a, start), min(b, end)) for a, b in _spans if a < end and b > start)
    total, until = 0.0, start
    for a, b in inside:
        if b > until:
            total += b - max(a, until)
            until = b
    return total
