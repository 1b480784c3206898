"""A simulated fleet with known truth: who is innocent, who offends and how, and which addresses are alive.

Four weeks of events per tenant, by day, from a seed. Innocents come in all sizes and include everybody who looks
guilty to a rule that only divides: 1 bounce in 3 mails, a complaint among 50, a school, a partner whose server died.
"""

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from provisioner.model.event import Event, Kind

START = datetime(2026, 10, 26, tzinfo=UTC)
DAYS = 28
_DAY = 86_400_000
_START = int(START.timestamp() * 1000)
PROVIDERS = ("outlook.com", "gmail.com", "yahoo.com", "gmx.net", "web.de", "icloud.com")
FIRST = [
    "anna",
    "ben",
    "carla",
    "david",
    "emma",
    "frank",
    "gina",
    "hugo",
    "ines",
    "jonas",
    "karl",
    "lea",
    "max",
    "nina",
    "otto",
    "paula",
    "rosa",
    "sven",
    "tina",
    "uwe",
]
LAST = [
    "au",
    "bauer",
    "claus",
    "dorn",
    "ebert",
    "fuchs",
    "graf",
    "huber",
    "imhof",
    "jung",
    "klein",
    "lang",
    "maier",
    "nagel",
    "ott",
    "peters",
    "roth",
    "schmid",
]


@dataclass
class Member:
    """One tenant: its truth and its events. ``offence`` is empty for the innocent."""

    name: str
    group: str
    offence: str = ""
    days: list[list[Event]] = field(default_factory=lambda: [[] for _ in range(DAYS)])
    dead: set[str] = field(default_factory=set)  # addresses that really do not exist
    angry: dict[str, int] = field(default_factory=dict)  # address -> complaints it really made
    bystanders: int = 0  # candidates of a complaint who did not complain

    @property
    def domain(self) -> str:
        return f"{self.name}.example.org"


class Life:
    """Writes one member's events."""

    def __init__(self, member: Member, seed: str) -> None:
        self.member = member
        self.rng = random.Random(f"{seed}/{member.name}")  # noqa: S311

    def happen(
        self, kind: Kind, to: str, day: float, *, status: str = "", recipients: int = 1, subtype: str = ""
    ) -> None:
        at = _START + int(day * _DAY)
        name = base64.urlsafe_b64encode(self.rng.randbytes(9)).decode()
        self.member.days[min(DAYS - 1, int(day))].append(
            Event(kind, name, at, at + 2_000, "", to, status, subtype, "", False, recipients)
        )

    def when(self) -> float:
        return self.rng.random() * DAYS

    def reader(self, crowd: int) -> str:
        number = int(crowd * self.rng.random())
        if self.rng.random() < 0.1:
            return f"{self.rng.choice(FIRST)}{number}@firm{number % 300}.example"
        return f"reader{number}@{PROVIDERS[number % len(PROVIDERS)]}"

    def deliver(self, count: int, to: Callable[[], str]) -> None:
        for _ in range(count):
            self.happen(Kind.DELIVERY, to(), self.when())

    def bounce(self, to: str, day: float | None = None) -> None:
        self.member.dead.add(to)
        self.happen(Kind.HARD, to, self.when() if day is None else day, status="5.1.1")

    def complain(self, to: str, day: float | None = None) -> None:
        self.member.angry[to] = self.member.angry.get(to, 0) + 1
        self.happen(Kind.COMPLAINT, to, self.when() if day is None else day)

    def dead(self) -> str:
        return f"old{self.rng.getrandbits(40)}@{self.rng.choice(PROVIDERS)}"

    def noise(self, mails: int, crowd: int) -> None:
        """What honest mail meets: full mailboxes that recover, holidays, opinions about content, Apple's relay."""
        rng = self.rng
        for _ in range(poisson(rng, mails * 0.004)):
            to, day = self.reader(crowd), rng.random() * 20
            for step in range(3):  # full now and then, but mail arrives in between
                self.happen(Kind.SOFT, to, day + 2.5 * step, status="4.2.2")
                self.happen(Kind.DELIVERY, to, day + 2.5 * step + 1)
        for _ in range(poisson(rng, mails * 0.01)):
            self.happen(Kind.AUTO_REPLY, self.reader(crowd), self.when())
        for kind, share, status in ((Kind.POLICY, 0.001, "5.7.1"), (Kind.CONTENT, 0.001, "5.3.4")):
            for _ in range(poisson(rng, mails * share)):
                self.happen(kind, self.reader(crowd), self.when(), status=status)
        for _ in range(poisson(rng, mails * 0.0005)):
            self.happen(Kind.RELAY, f"x{rng.getrandbits(32)}@privaterelay.appleid.com", self.when(), status="5.1.1")
        for _ in range(poisson(rng, mails * 0.00005)):
            self.happen(Kind.AMBIGUOUS_COMPLAINT, "", self.when(), recipients=4)
            self.member.bystanders += 3


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson number: by waiting times, exact and quick enough for small means."""
    count, waited = 0, rng.expovariate(1.0)
    while waited < mean:
        count += 1
        waited += rng.expovariate(1.0)
    return count


# -- the innocent ------------------------------------------------------------------------------------


def honest(life: Life, low: int, high: int) -> None:
    rng = life.rng
    mails = int(low * (high / low) ** rng.random())
    crowd = max(3, mails // 3)
    life.deliver(mails, lambda: life.reader(crowd))
    for _ in range(poisson(rng, mails * rng.uniform(0.002, 0.015))):
        life.bounce(life.dead())
    for _ in range(poisson(rng, mails * 0.0001)):
        life.complain(f"reader{rng.randrange(crowd)}@yahoo.com")
    life.noise(mails, crowd)


def one_of_few(life: Life) -> None:
    """3, 5 or 13 mails and one bounce; or 20 to 60 mails and one complaint."""
    if life.rng.random() < 0.5:
        life.deliver(life.rng.choice((2, 4, 12)), lambda: life.reader(5))
        life.bounce(life.dead())
    else:
        life.deliver(life.rng.randint(20, 60), lambda: life.reader(20))
        life.complain(life.reader(20))


def typos(life: Life) -> None:
    """A shop whose customers mistype: 2 to 3 % at gmial and gnail, a few hundred mails."""
    mails = life.rng.randint(150, 900)
    life.deliver(mails, lambda: life.reader(mails))
    for i in range(int(mails * life.rng.uniform(0.02, 0.03))):
        life.bounce(f"kunde{i}@{life.rng.choice(('gmial', 'gnail', 'hotmial'))}.example")


def school(life: Life) -> None:
    """Writes to its own pupils by first.last; a dozen have left."""
    people = [f"{first}.{last}@{life.member.domain}" for first in FIRST for last in LAST][:300]
    life.deliver(800, lambda: life.rng.choice(people[12:]))
    for to in people[:12]:
        life.bounce(to, 8 + life.rng.random())


def dead_server(life: Life) -> None:
    """A partner's mail server dies, or a new one refuses everybody, also those the old one took mail for."""
    rng = life.rng
    refuses = rng.random() < 0.5
    names = [f"{first}.{last}" for first in FIRST for last in LAST]
    for local in rng.sample(names, rng.randint(13, 60)):
        to = f"{local}@partner.example"
        if refuses:
            life.happen(Kind.DELIVERY, to, rng.random() * 5)
        life.happen(Kind.HARD, to, 12 + rng.random(), status="5.1.1" if refuses else "5.4.4")
        life.member.dead.add(to)
    life.deliver(rng.choice((20, 60, 400)), lambda: life.reader(200))


def out_of_office(life: Life) -> None:
    """An invitation in the holidays."""
    people = [life.reader(10_000) for _ in range(120)]
    for to in people:
        life.happen(Kind.DELIVERY, to, 10.2)
        life.happen(Kind.AUTO_REPLY, to, 10.21)


def echoes(life: Life) -> None:
    """A shop system keeps writing to addresses that are blocked."""
    life.deliver(60, lambda: life.reader(30))
    blocked = [life.dead() for _ in range(3)]
    for to in blocked:
        life.bounce(to, 1)
        for day in range(2, DAYS):
            life.happen(Kind.ECHO, to, day)


# -- the offenders -----------------------------------------------------------------------------------


def spammer(life: Life) -> None:
    mails = life.rng.randint(300, 6_000)
    first = life.rng.randrange(20)
    for _ in range(mails):
        life.happen(Kind.DELIVERY, life.reader(mails * 3), first + life.rng.random() * 3)
    for i in range(max(7, int(mails * life.rng.uniform(0.008, 0.03)))):
        life.complain(
            f"angry{i}@{life.rng.choice(('yahoo.com', 'outlook.com', 'web.de'))}", first + 0.5 + life.rng.random() * 3
        )


def guesser(life: Life) -> None:
    target, first = f"target{life.rng.randrange(10**6)}.example", life.rng.randrange(20)
    names = [f"{a}.{b}" for a in FIRST for b in LAST] + [f"{a[0]}{b}" for a in FIRST for b in LAST]
    chosen = life.rng.sample(names, life.rng.randint(14, 40))
    for local in chosen:
        life.bounce(f"{local}@{target}", first + life.rng.random() * 3)
    for i in range(len(chosen) // 4):
        life.happen(Kind.DELIVERY, f"hit{i}@{target}", first + life.rng.random() * 3)
    life.deliver(life.rng.randint(400, 1_500), lambda: life.reader(300))


def infected(life: Life) -> None:
    life.deliver(life.rng.randint(20, 500), lambda: life.reader(200))
    day = life.rng.random() * 26
    for i in range(life.rng.randint(1, 50)):
        life.happen(Kind.VIRUS, life.reader(200), day + i / 86_400, subtype="Bad content")


def aged_list(life: Life) -> None:
    """A list from years ago, used once: every eighth to third address is dead."""
    mails, day = life.rng.randint(150, 4_000), life.rng.randrange(24)
    dead = max(17, int(mails * life.rng.uniform(0.12, 0.35)))
    for _ in range(mails - dead):
        life.happen(Kind.DELIVERY, life.reader(mails), day + life.rng.random())
    for _ in range(dead):
        life.bounce(life.dead(), day + life.rng.random())


def slow_leak(life: Life) -> None:
    """Robots type invented addresses into a form, two to four a day, among the site's own mail."""
    for day in range(DAYS):
        for _ in range(life.rng.randint(5, 9)):
            life.happen(Kind.DELIVERY, life.reader(80), day + life.rng.random())
        for _ in range(life.rng.randint(2, 4)):
            life.bounce(
                f"x{life.rng.getrandbits(40):x}@leak{life.rng.getrandbits(12)}.example", day + life.rng.random()
            )


GROUPS: dict[str, tuple[float, str, Callable[[Life], None]]] = {
    # group: share of the fleet, offence, life
    "honest, up to 80 mails": (0.46, "", lambda life: honest(life, 4, 80)),
    "honest, 80 to 1,000": (0.26, "", lambda life: honest(life, 80, 1_000)),
    "honest, 1,000 to 8,000": (0.05, "", lambda life: honest(life, 1_000, 8_000)),
    "one of few": (0.08, "", one_of_few),
    "typing errors": (0.03, "", typos),
    "school": (0.01, "", school),
    "partner's server died": (0.01, "", dead_server),
    "holiday replies": (0.02, "", out_of_office),
    "echoes of blocks": (0.03, "", echoes),
    "spammer": (0.01, "complaint", spammer),
    "guesser": (0.01, "guessing", guesser),
    "infected": (0.01, "virus", infected),
    "aged list": (0.01, "hard", aged_list),
    "slow leak": (0.01, "hard", slow_leak),
}


def member(number: int, fleet: int, seed: str = "1") -> Member:
    """Tenant ``number`` of ``fleet``, the same for the same arguments."""
    place, total = (number + 0.5) / fleet, 0.0
    for group, (share, offence, live) in GROUPS.items():
        total += share
        if place < total:
            found = Member(f"t{number:05d}", group, offence)
            live(Life(found, seed))
            return found
    raise AssertionError("the shares do not add up to 1")


def end_of(day: int) -> datetime:
    return START + timedelta(days=day + 1)
