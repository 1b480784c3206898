"""From standing, verdicts and policy to what the report says. Pure: no clock, no storage, no template."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from provisioner.model.manifest import Manifest
from provisioner.model.standing import Standing, State, Transition
from provisioner.model.verdict import Verdict
from provisioner.report.advice import advice_for
from provisioner.report.counts import counts_of, happened, known
from provisioner.report.data import Blocked, ReportData, Step
from provisioner.report.findings import reason, reasons
from provisioner.report.limits import limits_of
from provisioner.report.words import plural, switched_off


class Named(Protocol):
    """The policy as the report needs it: the name of this set of numbers."""

    @property
    def profile(self) -> str: ...
    @property
    def hash(self) -> str: ...


def iso_week(moment: datetime) -> str:
    """``2026-W48``: the week that a report is filed under."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"


def build_report(
    manifest: Manifest,
    standing: Standing,
    verdicts: Sequence[Verdict],
    policy: Named,
    now: datetime,
    *,
    collected: datetime | None = None,
    week: str = "",
) -> ReportData:
    """Gather everything on one tenant's report.

    ``verdicts`` are those of the week, oldest first. ``collected`` is when the tenant's queue was last read to
    its end: without it, a week with no event reads "nothing collected", not "no mail sent".
    """
    foreign = {standing.tenant, *(verdict.tenant for verdict in verdicts)} - {manifest.tenant}
    if foreign:
        raise ValueError(f"a report on {manifest.tenant} was given objects of {', '.join(sorted(foreign))}")
    week = week or iso_week(now)
    numbers = verdicts[-1].counts if verdicts else {}
    activity = _activity(numbers, standing, week, collected)
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    limits = limits_of(finding.evidence for finding in findings) if activity == "sent" else ()
    unenforced = _unenforced(standing)
    return ReportData(
        week=week,
        at=now,
        tenant=manifest.tenant,
        name=manifest.name,
        domain=manifest.domain,
        state=str(standing.state),
        since=standing.since,
        headline=_headline(standing, manifest, unenforced),
        tone=_TONES[standing.state],
        why=reason(standing.evidence, "act") if standing.evidence else None,
        activity=activity,
        window_days=known(numbers, "window_days") or 28,
        counts=counts_of(numbers) if activity == "sent" else (),
        limits=limits,
        findings=reasons(findings),
        blocks=_blocks(standing),
        history=tuple(_step(item) for item in sorted(standing.transitions, key=lambda item: item.at, reverse=True)),
        proposals=tuple(f"{item.action}: {item.evidence.sentence}" for item in standing.proposals),
        next_steps=_next_steps(standing, verdicts),
        unenforced=unenforced,
        remarks=_remarks(standing),
        judged=standing.judged,
        profile=policy.profile,
        policy_hash=policy.hash,
    )


_TONES = {State.GOOD: "good", State.WARNED: "warn", State.SUSPENDED: "stop", State.TERMINATED: "stop"}


def _activity(
    numbers: Mapping[str, int | float | str], standing: Standing, week: str, collected: datetime | None
) -> str:
    """Tell a week without mail from a week that nobody looked at."""
    if happened(numbers):
        return "sent"
    if standing.judged is None:
        return "unjudged"
    return "none" if collected is not None and iso_week(collected) >= week else "uncollected"


def _unenforced(standing: Standing) -> tuple[str, ...] | None:
    """What AWS does not show yet; None where it shows what the standing says."""
    if standing.enforcement is None:
        return None if standing.state.may_send and not standing.blocks else ("AWS has not been read back yet",)
    if switched_off(standing.enforcement, standing.since if not standing.state.may_send else None):
        return None
    return standing.enforcement.missing or ("AWS has not been read back since the decision",)


def _remarks(standing: Standing) -> tuple[str, ...]:
    """What is in force, but not quite as one might think: nothing of it is hidden."""
    done = standing.enforcement
    if done is None:
        return ()
    full = (
        f"{plural(done.overflow, 'blocked address', 'blocked addresses')} found no room in the Deny policies: mail "
        "that does not name its SES tenant can still reach them."
    )
    return (*done.drift, *((full,) if done.overflow else ()))


def _headline(standing: Standing, manifest: Manifest, unenforced: tuple[str, ...] | None) -> str:
    domain = manifest.domain
    if standing.state is State.GOOD:
        blocked = f", except to {plural(len(standing.blocks), 'blocked address', 'blocked addresses')}"
        return f"{domain} may send mail{blocked if standing.blocks else ''}."
    if standing.state is State.WARNED:
        return f"{domain} may send mail, but a limit is near. Please look at what follows."
    for_good = " for good" if standing.state is State.TERMINATED else ""
    verb = "has been switched off" if unenforced is None else "is being switched off"
    return f"Sending from {domain} {verb}{for_good}."


def _blocks(standing: Standing) -> tuple[Blocked, ...]:
    """Everybody blocked, the newest first."""
    rows = (
        Blocked(
            recipient=recipient,
            reason=block.reason,
            since=block.since,
            until=block.until,
            rule=block.evidence.rule if block.evidence else "",
        )
        for recipient, block in standing.blocks.items()
    )
    return tuple(sorted(sorted(rows, key=lambda row: row.recipient), key=lambda row: row.since, reverse=True))


def _step(item: Transition) -> Step:
    why = item.evidence.sentence if item.evidence else (item.reason or "")
    return Step(at=item.at, before=str(item.before), after=str(item.after), why=why, by=item.by or "")


def _next_steps(standing: Standing, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """What the site's owner does next: the state's reason first, then the worst finding."""
    found = sorted(
        (finding for verdict in verdicts for finding in verdict.findings if finding.severity in {"warn", "act"}),
        key=lambda finding: finding.severity,
    )
    names = [standing.evidence.rule] if standing.evidence and standing.state is not State.GOOD else []
    names += [finding.evidence.rule for finding in found]
    if not names:
        return ()
    return advice_for(names).steps
