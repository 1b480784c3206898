"""Complaints in a day that must not wait for the weekly audit."""

from provisioner.model.verdict import Suspend
from provisioner.rules.base import Outcome, Rule, evidence, people, percent, share, whole
from provisioner.rules.complaint_tenant import cluster
from provisioner.rules.view import View

ID = "complaint-flood"


def judge(view: View) -> list[Outcome]:
    """Suspend for a flood in the last hours; say nothing otherwise."""
    policy, hours = view.policy, view.policy.whole("complaint.flood.window_hours")
    since = view.since(hours=hours)
    count, base = view.complainants(since), view.deliveries_with_complaint_data(since)
    least, minimum, limit = (
        policy.whole("complaint.flood.suspend"),
        policy.whole("complaint.flood.deliveries"),
        policy.share("complaint.flood.share"),
    )
    if count < least or base < minimum or count / base < limit:
        return []
    why = evidence(
        ID,
        f"{people(count, 'recipient', 'recipients')} reported mail as unwanted within {hours} hours "
        f"({percent(count, base)} of {base:,} deliveries that can be complained about).",
        sorted(view.complaints(since)),
        numbers={"complainants": count, "deliveries": base, **cluster(view, since)},
        limits={"complainants": least, "deliveries": minimum, "share": limit, "window_hours": hours},
        total=count,
    )
    return [Outcome(severity="act", evidence=why, action=Suspend(kind="complaint", evidence=why))]


RULE = Rule(
    id=ID,
    title="A flood of complaints suspends the same day",
    why="One mailing that one recipient in a hundred reports as spam can cost the account before the week is over.",
    source="docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html (0.5 %: sending may be paused)",
    kind="complaint",
    options=(
        whole("complaint.flood.window_hours", 24, "hours", "a day and a night", most=168),
        whole("complaint.flood.suspend", 5, "complainants", "no rate acts on less", friendly=8, strict=4),
        share(
            "complaint.flood.share",
            0.01,
            "of deliveries",
            "twice the rate at which Amazon may stop an account",
            friendly=0.015,
            strict=0.005,
        ),
        whole("complaint.flood.deliveries", 200, "deliveries", "below that the audit is soon enough"),
    ),
    judge=judge,
    fast=True,
)
