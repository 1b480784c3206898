"""How a tenant fares under this project's rules, and under published limits of others that only divide."""

from dataclasses import dataclass

from fairness_fleet import DAYS, Member, end_of

from provisioner.model.event import Kind
from provisioner.model.standing import Standing
from provisioner.rules import Policy, decide

BAD = (Kind.HARD, Kind.COMPLAINT, Kind.AMBIGUOUS_COMPLAINT, Kind.VIRUS)


@dataclass
class Fate:
    """What became of one tenant."""

    suspended: str = ""  # kind of the suspension; empty: none
    warned: bool = False
    bad_events: int = 0  # hard bounces, complaints and viruses until the suspension
    wrongly_blocked: int = 0  # people who exist and did not complain


def ours(member: Member, policy: Policy, limits: tuple[int, int]) -> Fate:
    """Collected every day, audited every seventh. ``limits``: fewer hard bounces and complaints are no flood."""
    standing, fate, waiting, bad = Standing(tenant=member.name), Fate(), [], 0
    for day in range(DAYS):
        fresh = member.days[day]
        waiting += fresh
        bad += sum(event.kind in BAD for event in fresh)
        if _may_flood(fresh, member.days[day - 1] if day else [], limits):
            standing = decide(waiting, standing, policy, end_of(day), fast=True, domain=member.domain).standing
            waiting = []
        if day % 7 == 6 and standing.state.may_send:
            standing = decide(waiting, standing, policy, end_of(day), domain=member.domain).standing
            waiting = []
        fate.warned |= standing.state == "warned"
        if not standing.state.may_send:
            fate.suspended, fate.bad_events = standing.transitions[-1].kind, bad
            break
    alive = (address for address in standing.blocks if address not in member.dead and not member.angry.get(address))
    fate.wrongly_blocked = sum(1 for _ in alive)
    return fate


def _may_flood(today: list, yesterday: list, limits: tuple[int, int]) -> bool:
    """Only saves time: below these counts no rule of the fast lane can act."""
    kinds = [event.kind for event in (*yesterday, *today)]
    complaints = kinds.count(Kind.COMPLAINT) + kinds.count(Kind.AMBIGUOUS_COMPLAINT)
    return Kind.VIRUS in kinds or kinds.count(Kind.HARD) >= limits[0] or complaints >= limits[1]


@dataclass(frozen=True)
class Divider:
    """Bounces over sends, complaints over deliveries, every day over all mail so far."""

    name: str
    bounce: float
    complaint: float
    source: str
    above: bool = False  # acts only above the limit, not at it
    minimum: int = 1  # sends


_AWS = "AWS messaging blog, series on SES tenants, part 3"
OTHERS = (
    Divider("cloud.gov's SES broker", 0.04, 0.0008, "its Terraform: alarms are critical at 4 % and 0.08 %, no minimum"),
    Divider("SES tenants, standard", 0.15, 0.01, f"{_AWS}: high findings", above=True),
    Divider("SES tenants, strict", 0.10, 0.005, f"{_AWS}: low findings", above=True),
    Divider(
        "SES tenants, standard, from 100 sends",
        0.15,
        0.01,
        "the same; AWS asks for a minimum volume and does not publish it, so 100 is our assumption",
        above=True,
        minimum=100,
    ),
    Divider(
        "useSend's risk marks",
        0.10,
        0.005,
        "usesend/useSend at b7d62df, apps/web/src/lib/constants/index.ts, no minimum; "
        "as far as that file and the badge show, it marks a domain and leaves acting to a person",
        above=True,
    ),
)


def theirs(member: Member, rule: Divider) -> Fate:
    """Permanent bounces count as SES counts them; who bounced or might have complained lands on the account's list."""
    sends = bounces = deliveries = complaints = bad = 0
    fate, listed = Fate(), set()
    for day in range(DAYS):
        for event in member.days[day]:
            kind = event.kind
            deliveries += kind is Kind.DELIVERY
            bounces += kind in (Kind.HARD, Kind.POLICY, Kind.RELAY)
            complaints += kind in (Kind.COMPLAINT, Kind.AMBIGUOUS_COMPLAINT)
            bad += kind in BAD
            if kind in (Kind.POLICY, Kind.RELAY):
                listed.add(event.recipient)
            if kind is Kind.AMBIGUOUS_COMPLAINT:
                fate.wrongly_blocked += event.recipients - 1
        sends = deliveries + bounces
        bouncing = sends >= rule.minimum and _over(bounces, sends, rule.bounce, rule)
        if bouncing or (sends >= rule.minimum and _over(complaints, deliveries, rule.complaint, rule)):
            fate.suspended = "hard" if bouncing else "complaint"
            fate.bad_events = bad
            break
    fate.wrongly_blocked += len(listed)
    return fate


def _over(part: int, whole: int, limit: float, rule: Divider) -> bool:
    return bool(whole) and (part / whole > limit if rule.above else part / whole >= limit)
