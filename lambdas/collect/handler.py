"""Scheduled: move feedback from the tenants' queues into the bucket, and judge at once what cannot wait.

Event: ``{}`` for everybody and the dead letters. Or one step of a run in batches, as the state machine takes them:
``{"phase": "prepare"}``, then for every batch ``{"batch": "00001", "tenants": ["bakery", …]}``, then ``{"phase":
"finish"}``: the dead letters, notices that came back, whose queues were read, and the days since the last audit.
"""

from datetime import datetime
from typing import Any

from provisioner.aws import function
from provisioner.aws.wiring import Wiring
from provisioner.conduct import batches
from provisioner.conduct.collect import Collected, Drain
from provisioner.conduct.collecting import collect_all, collect_dead_letters
from provisioner.conduct.documents import tenants
from provisioner.conduct.last_audit import days_since
from provisioner.conduct.readings import merge
from provisioner.conduct.silence import listen
from provisioner.conduct.summary import (
    collect_metrics,
    collect_summary,
    finish_summary,
    notices_metrics,
    silence_summary,
)
from provisioner.conduct.undelivered import Notices, collect_notices, source_of_notices


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Collect, and say in one line what was seen."""
    wiring = function.wiring()
    if event.get("phase") == "prepare":
        changed = batches.rebuild(wiring.archive, wiring.settings.batch_size)
        return function.finish("prepared", context, {"batches_changed": changed}, complete=True)
    pace = function.pace(context)
    drain = Drain(clock=function.now, seconds_left=pace.seconds_left, reserve=2 * pace.reserve)
    if event.get("phase") == "finish":
        return _finish(context, wiring, drain)
    some = event.get("tenants")
    run = collect_all(
        _in_turn(list(tenants(wiring.archive)), function.now()) if some is None else some,
        wiring.outside,
        drain,
        overrides=wiring.settings.policy,
        pace=pace,
        batch=event.get("batch", ""),
    )
    silence = listen(run, wiring.archive, wiring.probe, function.now())
    metrics = collect_metrics(run, silence)
    dead = notices = None
    if some is None:
        dead, notices = _platforms_own(wiring, drain)
        metrics |= notices_metrics(notices)
        metrics["DaysSinceAudit"] = days_since(wiring.archive, function.now())
    complete = run.complete and not (dead and dead.error) and not (notices and notices.error)
    # A batch is tried again for what waits in its queues; what is broken stays broken, and its metric rings.
    fail = run.more if "batch" in event else None
    return function.finish(
        "collected",
        context,
        collect_summary(run, dead, notices) | silence_summary(silence),
        complete=complete,
        fail=fail,
        metrics=metrics,
    )


def _finish(context: Any, wiring: Wiring, drain: Drain) -> dict[str, Any]:
    dead, notices = _platforms_own(wiring, drain)
    merge(wiring.archive)
    days = days_since(wiring.archive, function.now())
    return function.finish(
        "finished",
        context,
        finish_summary(dead, notices, days),
        complete=not (dead.error or notices.error),
        metrics={"DaysSinceAudit": days, **notices_metrics(notices)},
    )


def _platforms_own(wiring: Wiring, drain: Drain) -> tuple[Collected, Notices]:
    """The two queues that are no tenant's; the dead letters first, for some may be about notices."""
    source = source_of_notices(wiring.settings.names, wiring.settings.notices_from)
    dead = collect_dead_letters(wiring.outside, wiring.settings.prefix, drain, notices=source)
    return dead, collect_notices(source, wiring.outside, drain)


def _in_turn(names: list[str], now: datetime) -> list[str]:
    """All tenants, beginning with another one each time: a run that ends early never leaves out the same ones."""
    start = int(now.timestamp() // 60) % len(names) if names else 0
    return names[start:] + names[:start]
