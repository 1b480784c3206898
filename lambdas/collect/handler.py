"""Scheduled: move feedback from the tenants' queues into the bucket, and judge at once what cannot wait.

Event: ``{}`` for everybody and the dead letters, or ``{"tenants": ["bakery", …]}`` for a batch.
"""

from datetime import datetime
from typing import Any

from provisioner.aws import function
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all, collect_dead_letters
from provisioner.conduct.documents import tenants
from provisioner.conduct.summary import collect_summary


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Collect, and say in one line what was seen."""
    wiring = function.wiring()
    pace = function.pace(context)
    drain = Drain(clock=function.now, seconds_left=pace.seconds_left, reserve=2 * pace.reserve)
    batch = event.get("tenants")
    run = collect_all(
        _in_turn(list(tenants(wiring.archive)), function.now()) if batch is None else batch,
        wiring.outside,
        drain,
        overrides=wiring.settings.policy,
        pace=pace,
    )
    dead = None if batch is not None else collect_dead_letters(wiring.outside, wiring.settings.prefix, drain)
    complete = run.complete and not (dead and dead.error)
    return function.finish("collected", context, collect_summary(run, dead), complete=complete)


def _in_turn(names: list[str], now: datetime) -> list[str]:
    """All tenants, beginning with another one each time: a run that ends early never leaves out the same ones."""
    start = int(now.timestamp() // 60) % len(names) if names else 0
    return names[start:] + names[:start]
