"""Route 53: name servers of its own for every zone, as on AWS; and the records AWS would refuse.

Replaces in moto: ``DelegationSet`` gives every zone the same four name servers, so that a zone deleted and made again
looks as if its old delegation still held; ``create_hosted_zone`` accepts a repeated caller reference and any number.
Adds ``GetAccountLimit`` for hosted zones, which moto lacks.
"""

import hashlib
import itertools
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.route53 import urls
from moto.route53.models import DelegationSet, Route53Backend
from moto.route53.responses import Route53

_ENDINGS = ("com", "net", "org", "co.uk")
_count = itertools.count()
ZONES = 500  # hosted zones of an account, unless AWS was asked for more


class TooManyHostedZones(ServiceException):  # type: ignore[misc]
    """The account's quota is used up."""

    code = "TooManyHostedZones"


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
        if len(self.zones) >= ZONES:
            raise TooManyHostedZones(f"This account has reached its limit of {ZONES} hosted zones.")
        return original_create(self, name, private_zone, caller_reference, *args, **kwargs)

    DelegationSet.__init__ = init
    Route53Backend.create_hosted_zone = create
    Route53.get_account_limit = _account_limit
    urls.url_paths[r"{0}/(?P<api_version>[\d_-]+)/accountlimit/(?P<limit_type>[^/]+)$"] = Route53.dispatch


def _account_limit(self: Any) -> Any:
    kind = self._get_param("Type")
    if kind != "MAX_HOSTED_ZONES_BY_OWNER":
        raise NotImplementedError(f"GetAccountLimit of {kind}")
    return ActionResult({"Limit": {"Type": kind, "Value": ZONES}, "Count": len(self.backend.zones)})


def _name_servers(seed: str) -> list[str]:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")
    hosts = [512 * n + number % 512 for n in range(4)]
    return [f"ns-{host}.awsdns-{host % 64:02}.{ending}" for host, ending in zip(hosts, _ENDINGS, strict=True)]
