"""Soft bounces of a whole tenant: reported, and warned about when they are many."""

from provisioner.model.verdict import Warn
from provisioner.rules.base import Outcome, Rule, evidence, people, percent, share, whole
from provisioner.rules.view import View

ID = "soft-tenant"


def judge(view: View) -> list[Outcome]:
    """Warn at a high share of soft-bounced addresses; never more than that."""
    days = view.policy.whole("soft.tenant.window_days")
    since = view.since(days=days)
    bounced, sends = view.soft(since), view.sends(since)
    count = len(bounced)
    if not count:
        return []
    least, limit = view.policy.whole("soft.tenant.warn"), view.policy.share("soft.tenant.warn_share")
    known = view.deliveries(since) > 0
    bad = known and count >= least and count / sends >= limit
    rate = f"{percent(count, sends)} of {sends:,} mails" if known else "rate unknown: no deliveries seen"
    why = evidence(
        ID, f"{people(count)} could not take mail for the moment in {days} days ({rate}).",
        bounced,
        numbers={"addresses": count, "sends": sends if known else "unknown"},
        limits={"addresses": least, "share": limit, "window_days": days},
    )  # fmt: skip
    return [
        Outcome(
            severity="warn" if bad else "info", evidence=why, action=Warn(kind="soft", evidence=why) if bad else None
        )
    ]


RULE = Rule(
    id=ID,
    title="Many soft bounces are reported and warned about",
    why="SES does not count soft bounces, so they never suspend; but every tenth address unable to take mail is a "
    "sign of an old list or of a provider that slows this sender down.",
    source="docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html",
    kind="soft",
    options=(
        whole("soft.tenant.warn", 20, "addresses", "rates on small numbers lie", friendly=40, strict=10),
        share("soft.tenant.warn_share", 0.10, "of sends", "a tenth is far above the usual", friendly=0.15, strict=0.08),
        whole("soft.tenant.window_days", 28, "days", "four whole weeks", most=28),
    ),
    judge=judge,
)
