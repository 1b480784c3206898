"""boto3 clients, built when first needed: a Lambda's cold start pays only for what it uses."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

# SES answers control calls at one request a second and action (DG quotas); SendEmail has the send rate instead.
SES_INTERVAL = 1.0
_UNPACED = frozenset({"SendEmail"})
_LOGS_BODIES = ("boto3", "botocore", "urllib3")


class Pacer:
    """Keeps calls of one action ``interval`` seconds apart; actions do not wait for each other."""

    def __init__(
        self,
        interval: float = SES_INTERVAL,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, action: str) -> None:
        """Return when ``action`` may be called; its turn is taken even if the call then fails."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(action, now))
            self._next[action] = turn + self._interval
        if turn > now:
            self._sleep(turn - now)


def silence_bodies() -> None:
    """Keep botocore from logging requests and answers, which hold passwords, even where everything is logged."""
    for name in _LOGS_BODIES:
        logging.getLogger(name).setLevel(logging.INFO)


class Clients:
    """The clients of one session. ``pacer`` None: SES control calls are not slowed down (sandbox)."""

    def __init__(self, session: boto3.Session, *, region: str, pacer: Pacer | None) -> None:
        self._session = session
        self._region = region
        self._pacer = pacer
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()
        silence_bodies()

    def __getitem__(self, service: str) -> Any:
        """The client of ``service``; clients may be shared by threads, making one may not."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        config = Config(
            connect_timeout=5,
            read_timeout=30,  # above SQS's long poll of 20 s
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=20,
            user_agent_extra="innkeeper",
        )
        make: Any = self._session.client
        client = make(service, region_name=self._region, config=config)
        if service == "sesv2" and self._pacer is not None:
            pace = self._pacer

            def wait(model: Any, **_: Any) -> None:
                if model.name not in _UNPACED:
                    pace.wait(model.name)

            # A hook, so that no adapter can forget it.
            client.meta.events.register("before-call.sesv2", wait)
        return client
