"""The sandbox's clock: real time plus what a test or a demo added. One clock per account, so a child of it agrees."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time, moved forward by ``advance``. moto's own services do not follow it; what is ours does."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the sandbox's time, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Move forward by ``by`` and return the new time. Time does not run backwards."""
        if by < timedelta():
            raise ValueError(f"the clock only moves forward, not by {by}")
        with self._lock:
            self._offset += by
        return self.now()


_clocks: dict[str, Clock] = {}
_guard = threading.Lock()


def clock_for(account: str) -> Clock:
    """Return the clock of an account; made when first asked for."""
    with _guard:
        return _clocks.setdefault(account, Clock())


def forget(account: str) -> None:
    """Drop an account's clock, when its sandbox ends."""
    with _guard:
        _clocks.pop(account, None)
