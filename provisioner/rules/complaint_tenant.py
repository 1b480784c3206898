"""Complaints about a tenant by several recipients."""

from provisioner.rules.addresses import domain_of
from provisioner.rules.base import Outcome, Rule, Value, choice, people, percent, share, whole
from provisioner.rules.clock import HOUR
from provisioner.rules.rates import Limit, judge_rate
from provisioner.rules.view import View

ID = "complaint-tenant"


def judge(view: View) -> list[Outcome]:
    """Warn or suspend by distinct complainants and, where there is enough mail, by rate."""
    days = view.policy.whole("complaint.tenant.window_days")
    since = view.since(days=days)
    count = view.complainants(since)
    if not count:
        return []
    base, known = view.deliveries_with_complaint_data(since), view.deliveries(since) > 0
    warn, suspend = _limits(view, base)
    rate = (
        f"{percent(count, base)} of {base:,} deliveries that can be complained about"
        if base
        else ("rate unknown: all deliveries went to Gmail" if known else "rate unknown: no deliveries seen")
    )
    return judge_rate(
        ID,
        "complaint",
        f"{people(count, 'recipient', 'recipients')} reported mail as unwanted in {days} days ({rate}).",
        sorted(view.complaints(since)),
        count=count,
        base=base,
        warn=warn,
        suspend=suspend,
        noun="complainants",
        days=days,
        numbers={
            "complainants": count,
            "deliveries": base if known else "unknown",
            "share": round(count / base, 6) if base else "unknown",
            **cluster(view, since),
        },
    )


def cluster(view: View, since: int) -> dict[str, Value]:
    """How complaints lie together: five in one hour at one provider look like somebody's revenge."""
    known = view.complaints(since).values()
    times = [when for when, _ in known]
    domains = {domain_of(address) for _, address in known if address}
    return {"complaining domains": len(domains), "within hours": (max(times) - min(times)) // HOUR + 1} if times else {}


def _limits(view: View, base: int) -> tuple[Limit, Limit]:
    policy = view.policy
    if base < policy.whole("complaint.tenant.medium.deliveries"):
        return Limit(policy.whole("complaint.tenant.small.warn")), Limit(policy.whole("complaint.tenant.small.suspend"))
    warn = Limit(policy.whole("complaint.tenant.medium.warn"), policy.share("complaint.tenant.medium.warn_share"))
    tier = "medium" if base < policy.whole("complaint.tenant.large.deliveries") else "large"
    suspend = Limit(
        policy.whole(f"complaint.tenant.{tier}.suspend"), policy.share(f"complaint.tenant.{tier}.suspend_share")
    )
    return warn, suspend


RULE = Rule(
    id=ID,
    title="Complaints by several recipients warn, then suspend",
    why="Amazon reviews an account at 0.1 % complaints, Gmail's line is 0.3 %. Both are rates of large senders: below "
    "500 deliveries distinct complainants are counted, above it a rate and a minimum are both needed. Gmail sends no "
    "complaint data, so deliveries there say nothing and are left out of the rate. A rate alone never terminates.",
    source="docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html; support.google.com/a/answer/81126",
    kind="complaint",
    options=(
        whole("complaint.tenant.window_days", 28, "days", "four whole weeks", most=28),
        choice(
            "complaint.tenant.gmail",
            "leave-out",
            ("leave-out", "count"),
            "whether deliveries to Gmail count in the rate",
        ),
        whole("complaint.tenant.small.warn", 2, "complainants", "below the medium size", friendly=3),
        whole("complaint.tenant.small.suspend", 5, "complainants", "below the medium size", friendly=8, strict=4),
        whole("complaint.tenant.medium.deliveries", 500, "deliveries", "from here on a rate means something"),
        whole("complaint.tenant.medium.warn", 2, "complainants", "no rate acts on less", friendly=3),
        share(
            "complaint.tenant.medium.warn_share",
            0.001,
            "of deliveries",
            "Amazon's review line",
            friendly=0.0015,
            strict=0.0008,
        ),
        whole("complaint.tenant.medium.suspend", 5, "complainants", "no rate acts on less", friendly=8, strict=4),
        share(
            "complaint.tenant.medium.suspend_share",
            0.003,
            "of deliveries",
            "Gmail's line",
            friendly=0.004,
            strict=0.002,
        ),
        whole("complaint.tenant.large.deliveries", 5_000, "deliveries", "from here on a rate is firm"),
        whole("complaint.tenant.large.suspend", 10, "complainants", "no rate acts on less", friendly=15, strict=8),
        share(
            "complaint.tenant.large.suspend_share",
            0.002,
            "of deliveries",
            "below Gmail's line",
            friendly=0.003,
            strict=0.001,
        ),
    ),
    judge=judge,
)
