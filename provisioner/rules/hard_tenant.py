"""Hard bounces of a whole tenant: by count while it sends little, by rate and count when it sends more."""

from provisioner.rules.base import Outcome, Rule, choice, people, percent, share, whole
from provisioner.rules.dead_domain import count_hard
from provisioner.rules.rates import Limit, judge_rate
from provisioner.rules.view import View

ID = "hard-tenant"


def judge(view: View) -> list[Outcome]:
    """Warn or suspend by the limits of the tenant's size."""
    days = view.policy.whole("hard.tenant.window_days")
    since = view.since(days=days)
    counted = count_hard(view, since)
    count = counted.addresses
    if not count:
        return []
    sends, known = view.sends(since), view.deliveries(since) > 0
    warn, suspend = _limits(view, sends if known else None)
    rate = f"{percent(counted.bounced, sends)} of {sends:,} mails" if known else "rate unknown: no deliveries seen"
    return judge_rate(
        ID,
        "hard",
        f"Mail to {people(counted.bounced)} bounced for good in {days} days ({rate}).{counted.remark()}",
        view.hard_events(since),
        count=count,
        total=counted.bounced,
        base=sends,
        warn=warn,
        suspend=suspend,
        noun="addresses",
        days=days,
        numbers={
            "addresses": count,
            **counted.numbers(),
            "sends": sends if known else "unknown",
            "share": round(count / sends, 5) if known else "unknown",
        },
    )


def _limits(view: View, sends: int | None) -> tuple[Limit, Limit]:
    policy = view.policy
    if sends is None or sends < policy.whole("hard.tenant.medium.sends"):
        return Limit(policy.whole("hard.tenant.small.warn")), Limit(policy.whole("hard.tenant.small.suspend"))
    tier = "medium" if sends < policy.whole("hard.tenant.large.sends") else "large"
    warn, suspend = (
        Limit(policy.whole(f"hard.tenant.{tier}.{step}"), policy.share(f"hard.tenant.{tier}.{step}_share"))
        for step in ("warn", "suspend")
    )
    return warn, suspend


RULE = Rule(
    id=ID,
    title="Too many hard bounces warn, then suspend",
    why="Amazon reviews the whole account at 5 % and may stop it at 10 %. A friend's site sends 20 to 200 mails a "
    "week: there a rate says nothing, so distinct addresses are counted instead, and no rate acts without a "
    "minimum of addresses behind it. Sends unknown: the counts decide, and the report says so. A domain whose server "
    "died is one address, however many people it had: bounces that blame the domain or its host, and an organisation "
    "of which enough people took mail before. Each of them is blocked all the same; unknown users count one by one.",
    source="docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html; github.com/inboundemail/inbound/issues/177",
    kind="hard",
    options=(
        choice(
            "hard.tenant.dead_domain",
            "one",
            ("one", "each"),
            "how the people of a domain count whose server died; for the flood, too",
            strict="each",
        ),
        share(
            "hard.tenant.reached_share",
            0.20,
            "of those who bounced at one domain",
            "took mail in an earlier hour: its server died",
        ),
        whole("hard.tenant.window_days", 28, "days", "four whole weeks", most=28),
        whole(
            "hard.tenant.small.warn", 5, "addresses", "below the medium size, or sends unknown", friendly=8, strict=3
        ),
        whole(
            "hard.tenant.small.suspend",
            15,
            "addresses",
            "below the medium size, or sends unknown",
            friendly=25,
            strict=8,
        ),
        whole("hard.tenant.medium.sends", 100, "sends", "from here on a rate means something"),
        whole("hard.tenant.medium.warn", 5, "addresses", "no rate acts on less", friendly=8, strict=3),
        share("hard.tenant.medium.warn_share", 0.04, "of sends", "rate to warn at", friendly=0.06, strict=0.03),
        whole("hard.tenant.medium.suspend", 15, "addresses", "no rate acts on less", friendly=25, strict=8),
        share("hard.tenant.medium.suspend_share", 0.08, "of sends", "rate to suspend at", friendly=0.12, strict=0.05),
        whole("hard.tenant.large.sends", 1_000, "sends", "from here on a rate is firm"),
        whole("hard.tenant.large.warn", 25, "addresses", "no rate acts on less", friendly=40, strict=20),
        share(
            "hard.tenant.large.warn_share",
            0.025,
            "of sends",
            "half of Amazon's review line",
            friendly=0.035,
            strict=0.02,
        ),
        whole("hard.tenant.large.suspend", 50, "addresses", "no rate acts on less", friendly=80, strict=40),
        share("hard.tenant.large.suspend_share", 0.05, "of sends", "Amazon's review line", friendly=0.07, strict=0.04),
    ),
    judge=judge,
)
