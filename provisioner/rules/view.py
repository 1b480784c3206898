"""What a rule sees: the memory, counted in windows that never reach back before the last reinstatement."""

from collections.abc import Iterator, Mapping

from provisioner.model.event import Kind
from provisioner.model.standing import Standing
from provisioner.rules.addresses import domain_of, is_provider
from provisioner.rules.clock import DAY, HOUR, to_datetime, to_ms
from provisioner.rules.hard import HARD_ADDRESSES
from provisioner.rules.lines import Bounce, blames_host
from provisioner.rules.memory import Memory
from provisioner.rules.outage import Outage
from provisioner.rules.policy import Policy
from provisioner.rules.traces import COMPLAINTS

SENDS = (
    Kind.DELIVERY, Kind.HARD, Kind.POLICY, Kind.RELAY, Kind.SOFT, Kind.CONTENT, Kind.UNDETERMINED,
    Kind.REJECT, Kind.VIRUS,
)  # fmt: skip


class View:
    """Everything a rule may use. Rules read; only the engine changes anything, but for what a ``last`` rule uses up."""

    def __init__(
        self, memory: Memory, standing: Standing, policy: Policy, now: int, *,
        domain: str = "", outages: tuple[Outage, ...] = (),
    ) -> None:  # fmt: skip
        self.memory = memory
        self.standing = standing
        self.policy = policy
        self.now = now
        self.domain = domain  # the tenant's own: writing to its own people is not guessing
        self.outages = outages
        self._hard_at: dict[int, dict[str, dict[str, Bounce]]] = {}  # several rules ask for the same window
        self.floor = to_ms(standing.reinstated) + 1 if standing.reinstated else 0
        self.unblocked: Mapping[str, int] = {
            one.recipient: to_ms(one.at) for one in sorted(standing.unblocks, key=lambda one: one.at)
        }

    def since(self, *, days: int = 0, hours: int = 0) -> int:
        """Where a window that ends now begins."""
        return max(self.now - days * DAY - hours * HOUR, self.floor)

    def settled(self, address: str) -> int:
        """Events of ``address`` up to then are settled: a person decided about it, or its soft block ran out."""
        if not (self.unblocked or self.memory.closed or self.memory.lifted):
            return -1  # as for nearly every tenant, and it is asked for every address
        decided = max(self.unblocked.get(address, -1), self.memory.closed.get(f"block:{address}", -1))
        return max(decided, self.memory.lifted.get(address, -1))

    def seen(self, kind: Kind, since: int) -> int:
        counts = self.memory.seen.get(kind)
        return counts.count(since) if counts else 0

    def deliveries(self, since: int) -> int:
        return self.seen(Kind.DELIVERY, since)

    def deliveries_with_complaint_data(self, since: int) -> int:
        """Deliveries without those to providers that never report complaints (Gmail), if the policy says so."""
        counts = self.memory.seen.get(Kind.DELIVERY)
        everywhere = self.policy.word("complaint.tenant.gmail") == "count"
        return counts.count(since, marked=everywhere) if counts else 0

    def sends(self, since: int) -> int:
        """Deliveries, final bounces and rejects: what the tenant is known to have sent."""
        return sum(self.seen(kind, since) for kind in SENDS)

    def hard(self, since: int) -> Iterator[tuple[str, Bounce]]:
        """Addresses that bounced hard since then (newest bounce of each), without those of a provider's outage."""
        recent = self.memory.hard.newest(since)
        return ((a, bounce) for a, bounce in recent if not self.held(a, bounce[0])) if self.outages else recent

    def hard_at(self, since: int) -> dict[str, dict[str, Bounce]]:
        """The same by domain. Of free-mail providers only bounces that blame the host: no rule asks for others."""
        found = self._hard_at.get(since)
        if found is None:
            found = self._hard_at[since] = {}
            for address, bounce in self.hard(since):
                domain = domain_of(address)
                if not is_provider(domain) or blames_host(bounce[2]):
                    found.setdefault(domain, {})[address] = bounce
        return found

    def hard_events(self, since: int) -> Iterator[str]:
        """Their events."""
        if self.outages:
            return (event for _, (_, event, _) in self.hard(since))
        return self.memory.hard.events(since)

    def hard_count(self, since: int) -> int:
        """How many addresses that is, also when there are more than the memory names."""
        if self.outages:
            return sum(1 for _ in self.hard(since))
        named = self.memory.hard.count(since)
        return named if len(self.memory.hard) < HARD_ADDRESSES else max(named, self.memory.bounced.distinct(since))

    def held(self, address: str, when: int) -> bool:
        """Whether a bounce belongs to a mailbox provider's outage, which is left to a person."""
        return bool(self.outages) and any(outage.covers(domain_of(address), when) for outage in self.outages)

    def soft(self, since: int) -> list[str]:
        """The last event of each address that bounced softly since then."""
        return self.memory.soft.last_events(since)

    def let_go_of_soft(self) -> None:
        """No rule asks for soft bounces any more: keep what the standing may hold."""
        self.memory.soft.cut()

    def let_go(self) -> None:
        """No rule asks any more but those that use up what they read: make room for what they decide."""
        self._hard_at.clear()
        self.memory.write_down()

    def complaints(self, since: int) -> dict[str, tuple[int, str]]:
        """Complaints since then: event id -> (when, address or empty)."""
        return {event: one for event, one in self.memory.complaints.of.items() if one[0] >= since}

    def complainants(self, since: int) -> int:
        """Distinct complainants, and one for every complaint with several candidates."""
        named = len({address or f" {event}" for event, (_, address) in self.complaints(since).items()})
        if len(self.memory.complaints.of) < COMPLAINTS:
            return named
        return max(named, self.memory.complained.distinct(since))


def date(ms: int) -> str:
    return to_datetime(ms).date().isoformat()
