"""Faults on purpose: an answer of the server that goes wrong, or a client that dies around its n-th call.

``ServerFaults`` (``aws.faults``) reaches every client, Terraform's too. ``CallFaults`` hooks one boto3 session or
client through botocore's own events: it counts calls, writes them down, and breaks off before or after one of them.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

_KINDS = {
    "throttled": (429, "TooManyRequestsException", "Too many requests"),
    "unavailable": (503, "ServiceUnavailable", "Please reduce your request rate."),
    "denied": (403, "AccessDenied", "User is not authorized to perform this operation"),
    "broken": (500, "InternalError", "An internal error occurred."),
    "timeout": (504, "GatewayTimeout", "The request timed out."),
    "lost": (504, "GatewayTimeout", "The reply got lost."),
}
"""Kind of fault -> HTTP status, error code, sentence. ``lost`` takes effect first; the others never reach AWS."""

# Services that name their throttling and refusals otherwise.
_CODES = {
    ("s3", "throttled"): (503, "SlowDown"),
    ("iam", "throttled"): (400, "Throttling"),
    ("route53", "throttled"): (400, "Throttling"),
    ("sesv2", "denied"): (403, "AccessDeniedException"),
    ("secretsmanager", "throttled"): (400, "ThrottlingException"),
    ("secretsmanager", "denied"): (400, "AccessDeniedException"),
}


@dataclass(frozen=True)
class Verdict:
    """What to answer instead."""

    status: int
    code: str
    message: str
    delay: float = 0.0
    before: bool = True  # False: the operation takes effect, its answer is replaced


@dataclass
class _Rule:
    service: str
    operation: str
    kind: str
    left: int | None
    delay: float
    skip: int

    def fits(self, service: str, name: str) -> bool:
        return self.service in ("*", service) and self.operation in ("*", name)


@dataclass
class ServerFaults:
    """Faults that the server answers, by operation."""

    _rules: list[_Rule] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  # every operation that was asked for, as "sesv2 SendEmail"
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(
        self, service: str, operation: str, kind: str, *, times: int | None = 1, delay: float = 0.0, after: int = 0
    ) -> None:
        """Answer ``operation`` (``*``: any) with a fault, ``times`` times (None: for ever), after ``after`` calls.

        Kinds: throttled, unavailable, denied, broken, timeout, lost. ``delay`` seconds pass before the answer.
        Mind that boto3 tries throttled, unavailable and lost calls again: a count of 1 is often never seen.
        """
        if kind not in _KINDS:
            raise ValueError(f"unknown fault {kind!r}; one of {', '.join(_KINDS)}")
        with self._lock:
            self._rules.append(_Rule(service, operation, kind, times, delay, after))

    def clear(self) -> None:
        """Forget all faults and the list of calls."""
        with self._lock:
            self._rules.clear()
            self.calls.clear()

    def judge(self, operation: Any) -> Verdict | None:
        """Decide what happens to a request. Called by the server for each."""
        with self._lock:
            self.calls.append(f"{operation.service} {operation.name}")
            rule = next((r for r in self._rules if r.fits(operation.service, operation.name) and r.left != 0), None)
            if rule is None:
                return None
            if rule.skip > 0:
                rule.skip -= 1
                return None
            if rule.left is not None:
                rule.left -= 1
        status, code, message = _KINDS[rule.kind]
        status, code = _CODES.get((operation.service, rule.kind), (status, code))
        return Verdict(status, code, message, rule.delay, before=rule.kind != "lost")


class Crash(BaseException):
    """The process died here. Not an Exception: code that goes on after errors does not go on after this."""


@dataclass(frozen=True)
class SeenCall:
    """One call of a client."""

    service: str
    operation: str
    params: dict[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"


@dataclass
class CallFaults:
    """Breaks a client at its n-th call, before it is sent or after it took effect, and records every call.

    ``only`` narrows what counts, by ``operation`` names; calls of other operations pass uncounted.
    """

    only: Callable[[SeenCall], bool] = lambda _call: True
    before: int | None = None  # the number of the call that is not sent any more; the first is 1
    after: int | None = None  # the number of the call that takes effect and whose answer nobody sees
    error: type[BaseException] = Crash
    calls: list[SeenCall] = field(default_factory=list)

    def attach(self, target: Any) -> "CallFaults":
        """Hook a boto3 client, or a session for all clients made from it afterwards."""
        events = target.meta.events if hasattr(target, "meta") else target.events
        events.register("before-call.*", self._before, unique_id=f"faults-before-{id(self)}")
        events.register("after-call.*", self._after, unique_id=f"faults-after-{id(self)}")
        return self

    def detach(self, target: Any) -> None:
        """Take the hooks off a client or session again."""
        events = target.meta.events if hasattr(target, "meta") else target.events
        events.unregister("before-call.*", unique_id=f"faults-before-{id(self)}")
        events.unregister("after-call.*", unique_id=f"faults-after-{id(self)}")

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        call = SeenCall(model.service_model.service_name, model.name, dict(params))
        if not self.only(call):
            return
        self.calls.append(call)
        if len(self.calls) == self.before:
            raise self.error(f"before call {self.before}: {call}")

    def _after(self, model: Any, **_: Any) -> None:
        call = SeenCall(model.service_model.service_name, model.name, {})
        if self.only(call) and len(self.calls) == self.after:
            raise self.error(f"after call {self.after}: {call}")


def crash_points(count: int) -> Iterator[CallFaults]:
    """Yield injectors that break before and after each of ``count`` calls, one after the other."""
    for number in range(1, count + 1):
        yield CallFaults(before=number)
        yield CallFaults(after=number)
