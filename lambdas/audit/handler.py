"""Scheduled: judge tenants by the conduct policy and make AWS match their standings.

Event: ``{}`` for everybody at once, ``{"tenants": […]}`` for some. Or one step of a run in batches, as the state
machine takes them, each with ``"run"``: ``{"phase": "prepare"}``, then for every batch ``{"phase": "judge", "batch":
"00001", "tenants": […]}``, then ``{"phase": "count"}``, for every batch the same with ``"act"``, and ``{"phase":
"publish"}``. The limit on suspensions counts all batches.
"""

from collections.abc import Callable
from typing import Any

from provisioner.aws import function
from provisioner.aws.wiring import Wiring
from provisioner.conduct import batches
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.conclude import conclude
from provisioner.conduct.documents import tenants
from provisioner.conduct.pages import Published
from provisioner.conduct.phases import act_batch, count, judge_batch
from provisioner.conduct.publish import publish
from provisioner.conduct.summary import (
    audit_metrics,
    audit_summary,
    concluded_metrics,
    conclusion_summary,
    decision_summary,
    proposal_summary,
)

Event = dict[str, Any]


def handle(event: Event, context: Any) -> dict[str, Any]:
    """Audit, and say in one line how many of how many were judged."""
    wiring = function.wiring()
    settings = Settings(
        overrides=wiring.settings.policy,
        fleet=event.get("fleet"),
        run=event.get("run", ""),
        force=bool(event.get("force", False)),
        dry_run=bool(event.get("dry_run", False)),
    )
    return PHASES[event.get("phase", "")](event, context, wiring, settings)


def _whole(event: Event, context: Any, wiring: Wiring, settings: Settings) -> dict[str, Any]:
    outside, now, pace = wiring.outside, function.now(), function.pace(context)
    some = event.get("tenants")
    names = list(tenants(wiring.archive)) if some is None else some
    report = audit(names, outside, now, settings, pace=pace)
    published = Published()
    if not settings.dry_run:
        fleet = names if some is None else None
        published = publish(report, outside, now, fleet=fleet, overrides=settings.overrides)
    summary = {**audit_summary(report), "pages": len(published.pages), "page_errors": published.errors}
    metrics = None if settings.dry_run or some is not None else audit_metrics(report)
    return function.finish(
        "audited", context, summary, complete=report.complete and not published.errors, metrics=metrics
    )


def _prepare(_event: Event, context: Any, wiring: Wiring, _settings: Settings) -> dict[str, Any]:
    changed = batches.rebuild(wiring.archive, wiring.settings.batch_size)
    return function.finish("prepared", context, {"batches_changed": changed}, complete=True)


def _judge(event: Event, context: Any, wiring: Wiring, settings: Settings) -> dict[str, Any]:
    found = judge_batch(
        event["tenants"], wiring.outside, function.now(), settings, batch=event["batch"], pace=function.pace(context)
    )
    complete = not (found.not_judged or found.left)
    return function.finish("judged", context, proposal_summary(found), complete=complete, fail=bool(found.left))


def _count(_event: Event, context: Any, wiring: Wiring, settings: Settings) -> dict[str, Any]:
    decision = count(wiring.outside, function.now(), settings, pace=function.pace(context))
    summary = decision_summary(decision)
    return function.finish("counted", context, summary, complete=not decision.stopped, fail=False)


def _act(event: Event, context: Any, wiring: Wiring, settings: Settings) -> dict[str, Any]:
    report, published = act_batch(
        event["tenants"], wiring.outside, function.now(), settings, batch=event["batch"], pace=function.pace(context)
    )
    summary = {**audit_summary(report), "run": settings.run, "batch": event["batch"], "page_errors": published.errors}
    # What AWS refuses today it may take in a minute; those for whom the time did not suffice come first then.
    again = bool(report.left) or any(not done.finished for done in report.done)
    return function.finish("acted", context, summary, complete=report.complete and not published.errors, fail=again)


def _publish(_event: Event, context: Any, wiring: Wiring, settings: Settings) -> dict[str, Any]:
    end = conclude(settings.run, wiring.outside, function.now())
    return function.finish(
        "audited", context, conclusion_summary(end), complete=end.complete, fail=False, metrics=concluded_metrics(end)
    )


PHASES: dict[str, Callable[[Event, Any, Wiring, Settings], dict[str, Any]]] = {
    "": _whole,
    "prepare": _prepare,
    "judge": _judge,
    "count": _count,
    "act": _act,
    "publish": _publish,
}
