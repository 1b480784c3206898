"""Killing a use case at every outside call, once before and once after the call takes effect (faults.md M1).

Wrap the ports, run, let it die at call n, run again without the wrapper, compare with a run that never failed.
"""

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """Stands for kill -9: not an Exception, so that no handler in the code under test can survive it."""


class CallCounter:
    """Counts outside calls over all wrapped ports, and dies at one of them."""

    def __init__(self, die_at: int | None = None, *, after: bool = False) -> None:
        self.calls: list[str] = []
        self.die_at = die_at
        self.after = after

    def wrap(self, port: Any) -> Any:
        return _Wrapped(port, self)

    def run(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        dies = self.die_at == len(self.calls)
        if dies and not self.after:
            raise Killed(f"before {name}")
        result = call()
        if dies:
            raise Killed(f"after {name}")
        return result


class _Wrapped:
    def __init__(self, port: Any, counter: CallCounter) -> None:
        self._port, self._counter = port, counter

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)
        if not callable(member):
            return member

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._counter.run(name, lambda: member(*args, **kwargs))

        return call


def deaths(scenario: Callable[[CallCounter], Any]) -> list[tuple[int, bool]]:
    """Every (call number, after?) at which ``scenario`` can die, found by running it once unharmed."""
    counter = CallCounter()
    scenario(counter)
    return [(n, after) for n in range(1, len(counter.calls) + 1) for after in (False, True)]
