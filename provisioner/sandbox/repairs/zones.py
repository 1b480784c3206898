"""Route 53: name servers of its own for every zone, as on AWS; and the records AWS would refuse.

Replaces in moto: ``DelegationSet`` gives every zone the same four name servers, so that a zone deleted and made again
looks as if its old delegation still held; ``create_hosted_zone`` accepts a repeated caller reference.
"""

import hashlib
import itertools
from typing import Any

from moto.core.exceptions import ServiceException
from moto.route53.models import DelegationSet, Route53Backend

_ENDINGS = ("com", "net", "org", "co.uk")
_count = itertools.count()


class HostedZoneAlreadyExists(ServiceException):  # type: ignore[misc]
    """A zone with that caller reference exists."""

    code = "HostedZoneAlreadyExists"


def install() -> None:
    """Install the repair."""
    original_init, original_create = DelegationSet.__init__, Route53Backend.create_hosted_zone

    def init(self: Any, caller_reference: str, name_servers: Any, delegation_set_id: Any) -> None:
        own = name_servers or _name_servers(f"{caller_reference} {next(_count)}")
        original_init(self, caller_reference, own, delegation_set_id)

    def create(self: Any, name: str, private_zone: bool, caller_reference: str | None = None, *args: Any,
               **kwargs: Any) -> Any:  # fmt: skip
        if caller_reference and any(zone.caller_reference == caller_reference for zone in self.zones.values()):
            raise HostedZoneAlreadyExists("A hosted zone has already been created with the specified caller reference.")
        return original_create(self, name, private_zone, caller_reference, *args, **kwargs)

    DelegationSet.__init__ = init
    Route53Backend.create_hosted_zone = create


def _name_servers(seed: str) -> list[str]:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
    hosts = [512 * n + number % 512 for n in range(4)]
    return [f"ns-{host}.awsdns-{host % 64:02}.{ending}" for host, ending in zip(hosts, _ENDINGS, strict=True)]
