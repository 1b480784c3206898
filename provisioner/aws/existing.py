"""Looks for a tenant's resources by their exact names: what a run that died may have left behind."""

from collections.abc import Callable, Collection
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.errors import InnkeeperError
from provisioner.onboarding.adopt import Existing, Sought

_ABSENT = frozenset(
    {
        "NotFoundException",  # SES
        "NotFound",  # SNS
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NoSuchEntity",  # IAM
        "ResourceNotFoundException",  # Secrets Manager
    }
)


class AwsFinder:
    """``provisioner.onboarding.adopt.Finder`` over the account."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._finders: dict[str, Callable[[Sought], Existing | None]] = {
            "configuration-set": self._configuration_set,
            "event-destination": self._event_destination,
            "identity": self._identity,
            "queue": self._queue,
            "secret": self._secret,
            "subscription": self._subscription,
            "topic": self._topic,
            "user": self._user,
            "zone": self._zone,
        }

    def find(self, thing: Sought) -> Existing | None:
        """The resource, or None where AWS says that there is none; any other failure raises."""
        return self._finders[thing.kind](thing)

    def tokens(self, domain: str) -> tuple[str, ...]:
        """The DKIM tokens of an identity, in SES's order."""
        found = self._ask("sesv2", "get_email_identity", EmailIdentity=domain)
        return tuple(found["DkimAttributes"].get("Tokens", ())) if found else ()

    def records(self, zone: str) -> Collection[tuple[str, str]]:
        """Type and name of every record in a zone."""
        found = self._pages("route53", "list_resource_record_sets", HostedZoneId=zone)
        return {(item["Type"], item["Name"].rstrip(".")) for page in found for item in page["ResourceRecordSets"]}

    def _ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return dict(call(getattr(self._clients[service], operation), **arguments))
        except AwsError as err:
            if err.code in _ABSENT:
                return None
            raise

    def _pages(self, service: str, operation: str, **arguments: Any) -> list[dict[str, Any]]:
        paginator = self._clients[service].get_paginator(operation)
        return list(call(lambda: list(paginator.paginate(**arguments))))

    def _configuration_set(self, thing: Sought) -> Existing | None:
        found = self._ask("sesv2", "get_configuration_set", ConfigurationSetName=thing.name)
        return Existing(thing.name) if found else None

    def _event_destination(self, thing: Sought) -> Existing | None:
        found = self._ask("sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=thing.of)
        names = [item["Name"] for item in found.get("EventDestinations", ())] if found else []
        return Existing(f"{thing.of}|{thing.name}") if thing.name in names else None

    def _identity(self, thing: Sought) -> Existing | None:
        found = self._ask("sesv2", "get_email_identity", EmailIdentity=thing.name)
        if found is None:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
        platform, tenant = tags.get("innkeeper:platform"), tags.get("innkeeper:tenant")
        return Existing(thing.name, f"{platform}/{tenant}" if platform and tenant else None)

    def _queue(self, thing: Sought) -> Existing | None:
        found = self._ask("sqs", "get_queue_url", QueueName=thing.name)
        return Existing(found["QueueUrl"]) if found else None

    def _secret(self, thing: Sought) -> Existing | None:
        found = self._ask("secretsmanager", "describe_secret", SecretId=thing.name)
        if found and found.get("DeletedDate"):
            raise InnkeeperError(
                f"the secret {thing.name} was deleted on {found['DeletedDate']:%Y-%m-%d} and AWS still keeps its name",
                hint=f"restore it: aws secretsmanager restore-secret --secret-id {thing.name}",
            )
        return Existing(found["ARN"]) if found else None

    def _subscription(self, thing: Sought) -> Existing | None:
        try:
            pages = self._pages("sns", "list_subscriptions_by_topic", TopicArn=thing.of)
        except AwsError as err:
            if err.code in _ABSENT:
                return None
            raise
        found = [item for page in pages for item in page["Subscriptions"] if item["Endpoint"] == thing.name]
        confirmed = [item["SubscriptionArn"] for item in found if item["SubscriptionArn"].startswith("arn:")]
        return Existing(confirmed[0]) if confirmed else None

    def _topic(self, thing: Sought) -> Existing | None:
        return Existing(thing.name) if self._ask("sns", "get_topic_attributes", TopicArn=thing.name) else None

    def _user(self, thing: Sought) -> Existing | None:
        return Existing(thing.name) if self._ask("iam", "get_user", UserName=thing.name) else None

    def _zone(self, thing: Sought) -> Existing | None:
        """The public zone of this name; two of them are an error, for only one can be the delegated one."""
        found = self._ask("route53", "list_hosted_zones_by_name", DNSName=thing.name) or {}
        zones = [
            zone
            for zone in found.get("HostedZones", ())
            if zone["Name"].rstrip(".") == thing.name and not zone["Config"].get("PrivateZone")
        ]
        ids = [zone["Id"].removeprefix("/hostedzone/") for zone in zones]
        if len(zones) > 1:
            raise InnkeeperError(
                f"there are {len(zones)} hosted zones for {thing.name}: {', '.join(ids)}",
                hint="delete those the domain is not delegated to; compare their name servers with the registrar's",
            )
        return Existing(ids[0], zones[0]["Config"].get("Comment") or None) if zones else None
