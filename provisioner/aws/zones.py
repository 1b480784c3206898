"""Route 53 read as DNS: for the sandbox, where nothing answers DNS, and to find a domain's hosted zone."""

from collections.abc import Iterator
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.onboarding.verify import Answer


class Route53Zones:
    """Hosted zones of the account, as they stand in Route 53; says nothing of the delegation at the parent."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def ask(self, name: str, kind: str) -> Answer:
        """A record's values, from the closest zone that is ours."""
        zone = self._closest(name)
        if zone is None:
            return Answer(error="no hosted zone of this account holds the name")
        for record in self._records(zone):
            if record["Name"].rstrip(".").replace("\\052", "*") == name and record["Type"] == kind:
                return Answer(tuple(_unquoted(kind, item["Value"]) for item in record["ResourceRecords"]))
        return Answer(error="no such record")

    def nameservers(self, domain: str) -> Answer:
        """The zone's own servers: Route 53 cannot say what the parent delegates to."""
        zone = self.find(domain)
        if zone is None:
            return Answer(error="no hosted zone")
        found = call(self._clients["route53"].get_hosted_zone, Id=zone)
        return Answer(tuple(found.get("DelegationSet", {}).get("NameServers", ())))

    def find(self, domain: str) -> str | None:
        """The id of the public hosted zone of exactly this name; the oldest where there are several."""
        found = call(self._clients["route53"].list_hosted_zones_by_name, DNSName=domain)
        for zone in found["HostedZones"]:
            if zone["Name"].rstrip(".") == domain and not zone["Config"].get("PrivateZone"):
                return str(zone["Id"]).removeprefix("/hostedzone/")
        return None

    def _closest(self, name: str) -> str | None:
        labels = name.split(".")
        candidates = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((zone for candidate in candidates if (zone := self.find(candidate))), None)

    def _records(self, zone: str) -> Iterator[dict[str, Any]]:
        for page in self._clients["route53"].get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone):
            yield from page["ResourceRecordSets"]


def _unquoted(kind: str, value: str) -> str:
    """TXT strings without quotes, the parts of a long one joined."""
    return "".join(part for part in value.split('"') if part.strip()) if kind == "TXT" else value.rstrip(".")
