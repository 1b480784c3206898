"""DNS as the sandbox knows it: the public zones of moto's Route 53, and what was announced for DNS elsewhere.

Reaches into moto: ``route53_backends``, ``FakeZone.rrsets``; nothing answers DNS there, so the records are read.
"""

from provisioner.sandbox.ses.verification import Lookup, announced_lookup
from provisioner.sandbox.state import SesState


def zone_lookup(state: SesState) -> Lookup:
    """Return a lookup over the account's zones. Of two zones with one name the older answers: NS points there."""
    from moto.route53.models import route53_backends  # noqa: PLC0415  moto is heavy; only a running sandbox pays

    zones = list(route53_backends[state.account][state.partition].zones.values())

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        owners = [zone for zone in zones if not zone.private_zone and _within(name, zone.name.rstrip(".").lower())]
        if not owners:
            return ()
        longest = max(owners, key=lambda zone: len(zone.name))  # max keeps the first, the older
        sets = [r for r in longest.rrsets if r.name.rstrip(".").lower() == name and r.type == kind]
        return tuple(str(record) for found in sets for record in found.records)

    return announced_lookup(state, lookup)


def _within(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")
