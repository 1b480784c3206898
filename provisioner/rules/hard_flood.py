"""Hard bounces in a day that must not wait for the weekly audit."""

from provisioner.model.verdict import Suspend
from provisioner.rules.base import Outcome, Rule, evidence, people, percent, share, whole
from provisioner.rules.dead_domain import count_hard
from provisioner.rules.view import View

ID = "hard-flood"


def judge(view: View) -> list[Outcome]:
    """Suspend for a flood in the last hours; say nothing otherwise."""
    policy, hours = view.policy, view.policy.whole("hard.flood.window_hours")
    since = view.since(hours=hours)
    counted = count_hard(view, since)
    count = counted.addresses
    sends, known = view.sends(since), view.deliveries(since) > 0
    if known:
        least, minimum, limit = (
            policy.whole("hard.flood.suspend"), policy.whole("hard.flood.sends"), policy.share("hard.flood.share"),
        )  # fmt: skip
        flood = count >= least and sends >= minimum and count / sends >= limit
        limits: dict[str, int | float | str] = {"addresses": least, "sends": minimum, "share": limit}
    else:
        least = policy.whole("hard.flood.suspend_unknown")
        flood, limits = count >= least, {"addresses": least}
    if not flood:
        return []
    rate = f"{percent(counted.bounced, sends)} of {sends:,} mails" if known else "rate unknown: no deliveries seen"
    why = evidence(
        ID, f"Mail to {people(counted.bounced)} bounced for good within {hours} hours ({rate}).{counted.remark()} When "
        "they were typed into a form of the site by robots, a captcha on that form ends it.",
        view.hard_events(since),
        numbers={"addresses": count, **counted.numbers(), "sends": sends if known else "unknown"},
        limits={**limits, "window_hours": hours}, total=counted.bounced,
    )  # fmt: skip
    return [Outcome(severity="act", evidence=why, action=Suspend(kind="hard", evidence=why))]


RULE = Rule(
    id=ID,
    title="A flood of hard bounces suspends the same day",
    why="A bought list or a robot in a form can cause a month's bounces in an hour, and Amazon counts all day. The "
    "window is counted in whole hours; a domain whose server died is one address, as for `hard-tenant`.",
    source="docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html",
    kind="hard",
    options=(
        whole("hard.flood.window_hours", 24, "hours", "a day and a night", most=168),
        whole("hard.flood.suspend", 20, "addresses", "no rate acts on less", friendly=40, strict=15),
        share("hard.flood.share", 0.10, "of sends", "Amazon may stop an account here", friendly=0.15, strict=0.08),
        whole("hard.flood.sends", 200, "sends", "below that the audit is soon enough", strict=100),
        whole("hard.flood.suspend_unknown", 40, "addresses", "when no deliveries were seen", friendly=80, strict=30),
    ),
    judge=judge,
    fast=True,
)
