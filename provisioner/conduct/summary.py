"""Runs as plain data for one log line: what an operator greps for. No addresses: recipients stay in the bucket."""

from collections.abc import Sequence
from typing import Any

from provisioner.conduct.at_once import AtOnce
from provisioner.conduct.carry_out import Done
from provisioner.conduct.collect import Collected
from provisioner.conduct.collecting import Run
from provisioner.conduct.conclude import Conclusion
from provisioner.conduct.notes import Decision, Proposal
from provisioner.conduct.run import Report
from provisioner.conduct.sentinel import Watched
from provisioner.conduct.silence import Silence
from provisioner.conduct.undelivered import Notices

_MANY = 50  # names in one line


def collect_summary(run: Run, dead: Collected | None, notices: Notices | None = None) -> dict[str, Any]:
    """A run of the collector."""
    oldest = min((one.oldest for one in run.collected if one.oldest), default=None)
    return {
        "summary": run.sentence,
        "tenants": run.of,
        "read": len(run.collected),
        "seen": sum(one.seen for one in run.collected),
        "stored": sum(one.stored for one in run.collected),
        "duplicate": sum(one.duplicate for one in run.collected),
        "quarantined": sum(one.quarantined for one in run.collected),
        "foreign": [one.tenant for one in run.collected if one.security][:_MANY],
        "kept_in_queue": sum(one.kept_in_queue for one in run.collected),
        "depth": sum(one.depth or 0 for one in run.collected),
        "oldest": oldest,
        "stopped": {one.tenant: one.stopped for one in run.collected if one.stopped},
        "failed": run.failed,
        "left": run.left[:_MANY],
        "unnoted": run.unnoted,
        "at_once": [_at_once(one) for one in run.at_once if one.done or one.judged],
        "dead_letters": _dead(dead) if dead else None,
        "notices": _notices(notices) if notices else None,
    }


def collect_metrics(run: Run, silence: Silence) -> dict[str, float]:
    """What the alarms read after collecting; of several batches CloudWatch adds them up."""
    failed = len(run.failed) + len(run.left)
    return {
        "TenantsCollected": run.of - failed,
        "TenantsNotCollected": failed,
        "ForeignMessages": sum(one.security for one in run.collected),
        "SilentTenants": len(silence.silent),
    }


def silence_summary(silence: Silence) -> dict[str, Any]:
    """Who sent and was not heard of, and the canaries of the day."""
    return {
        "silent": silence.silent[:_MANY],
        "canaries": len(silence.flown),
        "canaries_refused": dict(list(silence.refused.items())[:_MANY]),
        "sends_unknown": silence.error,
    }


def notices_metrics(notices: Notices) -> dict[str, float]:
    """What the alarm reads of the platform's own mail; nothing where that is not known."""
    return {} if notices.new is None else {"NoticesUndelivered": notices.new}


def finish_summary(dead: Collected, notices: Notices, days: float) -> dict[str, Any]:
    """The end of a collection in batches."""
    return {
        "summary": f"{dead.seen} dead letters read, {dead.quarantined} of them nobody's",
        "dead_letters": _dead(dead),
        "notices": _notices(notices),
        "days_since_audit": round(days, 2),
    }


def audit_summary(report: Report) -> dict[str, Any]:
    """An audit."""
    changed = {
        one.tenant: f"{one.verdict.before} → {one.verdict.after}"
        for one in report.judged
        if one.verdict.before != one.verdict.after
    }
    return {
        "summary": report.sentence,
        "tenants": report.of,
        "judged": len(report.judged),
        "not_judged": report.not_judged,
        "left": report.left[:_MANY],
        "left_total": len(report.left),
        "changed": changed,
        "stopped": report.stopped,
        "condemned": report.condemned[:_MANY],
        "outages": [outage.sentence() for outage in report.outages],
        "account": report.account,
        "guard": [finding.evidence.sentence for finding in report.guard.findings],
        "amazon": report.amazon.summary,
        "dry_run": report.dry_run,
        "carried_out": [_done(one) for one in report.done if one.enforced or one.errors][:_MANY],
    }


def proposal_summary(found: Proposal) -> dict[str, Any]:
    """The first phase of one batch."""
    return {
        "summary": f"{found.judged} of {found.of} judged",
        "run": found.run,
        "batch": found.batch,
        "tenants": found.of,
        "judged": found.judged,
        "not_judged": found.not_judged,
        "left_total": len(found.left),
        "condemned": found.condemned[:_MANY],
    }


def decision_summary(decision: Decision) -> dict[str, Any]:
    """What was decided over all batches."""
    return {
        "run": decision.run,
        "fleet": decision.fleet,
        "judged": decision.judged,
        "stopped": decision.stopped,
        "condemned": decision.condemned[:_MANY],
        "condemned_total": len(decision.condemned),
        "outages": [outage.sentence() for outage in decision.outages],
        "account": decision.account,
        "guard": [finding.evidence.sentence for finding in decision.guard.findings],
        "amazon": decision.amazon.summary,
        "silent_batches": decision.silent[:_MANY],
    }


def conclusion_summary(end: Conclusion) -> dict[str, Any]:
    """The end of a run in batches."""
    return {
        "summary": end.sentence,
        "tenants": end.expected,
        "judged": end.judged,
        "not_judged": dict(list(end.not_judged.items())[:_MANY]),
        "left_total": len(end.left),
        "unfinished": end.unfinished[:_MANY],
        "stopped": end.stopped,
        "digest_sent": end.published.digest_sent,
        "page_errors": end.published.errors[:_MANY],
    }


def audit_metrics(report: Report) -> dict[str, float]:
    """What the alarms read after an audit in one go."""
    return _audited(report.of, len(report.judged), bool(report.stopped), sum(not done.finished for done in report.done))


def concluded_metrics(end: Conclusion) -> dict[str, float]:
    """What the alarms read after an audit in batches."""
    return _audited(end.expected, end.judged, bool(end.stopped), len(end.unfinished))


def _audited(expected: int, judged: int, stopped: bool, unfinished: int) -> dict[str, float]:
    return {
        "TenantsJudged": judged,
        "TenantsNotJudged": max(0, expected - judged),
        "AuditStopped": int(stopped),
        "EnforcementIncomplete": unfinished,
    }


def watch_summary(watched: Sequence[Watched]) -> dict[str, Any]:
    """What the sentinel saw."""
    return {
        "messages": len(watched),
        "watched": [
            {
                "tenant": one.tenant,
                "events": one.events,
                "ignored": one.ignored,
                "at_once": _at_once(one.at_once) if one.at_once else None,
            }
            for one in watched
        ],
    }


def _dead(dead: Collected) -> dict[str, Any]:
    return {"seen": dead.seen, "quarantined": dead.quarantined, "error": dead.error}


def _notices(notices: Notices) -> dict[str, Any]:
    """Numbers only: the addresses stay in the bucket."""
    return {
        "seen": notices.collected.seen,
        "quarantined": notices.collected.quarantined,
        "undelivered": None if notices.listed is None else len(notices.listed),
        "new": notices.new,
        "stopped": notices.collected.stopped,
        "error": notices.error,
    }


def _at_once(one: AtOnce) -> dict[str, Any]:
    verdict = one.judged.verdict if one.judged else None
    return {
        "tenant": one.tenant,
        "before": verdict.before if verdict else None,
        "after": verdict.after if verdict else None,
        "rules": sorted({finding.evidence.rule for finding in verdict.findings}) if verdict else [],
        "carried_out": _done(one.done) if one.done else None,
    }


def _done(done: Done) -> dict[str, Any]:
    """Levers by name and blocks by number: an address never stands in a log."""
    enforced = done.enforced
    steps = [change.lever for change in enforced.changes] if enforced else []
    return {
        "tenant": done.tenant,
        "steps": {lever: steps.count(lever) for lever in dict.fromkeys(steps)},
        "complete": enforced.enforcement.complete if enforced else None,
        "missing": len(enforced.enforcement.missing) if enforced else 0,
        "drift": enforced.enforcement.drift if enforced else (),
        "overflow": enforced.enforcement.overflow if enforced else 0,
        "reopened": enforced.reopened if enforced else False,
        "sent": len(done.notified.sent),
        "unsent": len(done.notified.failed),
        "errors": done.errors,
    }
