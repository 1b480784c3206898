"""Takes over what an earlier run made and could not write into its state any more (E3, E9).

Every resource has a name known beforehand, so AWS can be asked for exactly that name. What only a tenant of ours
can be called is ours; a domain's zone and identity could be anybody's, so they must carry our mark.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.names import TenantNames
from provisioner.model.tenant import Dns, Tenant
from provisioner.onboarding.records import expected_records

MODULE = "module.tenant."
ZONE = 'aws_route53_zone.this["this"]'
IDENTITY = "aws_sesv2_email_identity.this"

# Creating one of these again does no harm: it only sets what is set already, so nothing needs taking over.
SET_AGAIN = (
    "aws_iam_user_policy.smtp",
    "aws_sesv2_email_identity_feedback_attributes.this",
    "aws_sesv2_email_identity_mail_from_attributes.this",
)
# The same, of resources that only some tenants have.
SET_AGAIN_IF_ASKED = (
    'aws_secretsmanager_secret_policy.smtp["this"]',
    'aws_secretsmanager_secret_rotation.smtp["this"]',
)
_RECORD_KEYS = ("dkim-1", "dkim-2", "dkim-3", "mail-from", "spf", "dmarc")  # in the order of expected_records


class Sought(msgspec.Struct, frozen=True):
    """A resource to look for: its address in the module, what it is, and its name (``of`` is what it belongs to)."""

    address: str
    kind: str
    name: str
    of: str = ""


class Existing(msgspec.Struct, frozen=True):
    """A resource AWS has. ``owner`` is the mark it carries, where the kind has one."""

    id: str
    owner: str | None = None


class Finder(Protocol):
    """Asks AWS for resources by their exact names."""

    def find(self, thing: Sought) -> Existing | None:
        """The resource with the id Terraform imports it by. Raises if there are several, or one being deleted."""
        ...

    def tokens(self, domain: str) -> tuple[str, ...]:
        """The DKIM tokens of an identity; none where there is no identity."""
        ...

    def records(self, zone: str) -> Collection[tuple[str, str]]:
        """Type and name of every record in a zone."""
        ...


class ForeignError(InnkeeperError):
    """Something of that name exists and nothing says that it is this tenant's."""


def sought(tenant: Tenant, names: TenantNames, *, sentinel: bool = True) -> tuple[Sought, ...]:
    """Everything a tenant has that must not be made twice, but its DNS records."""
    topic = names.topic_arn
    found = [
        Sought("aws_iam_user.smtp", "user", names.user),
        Sought("aws_secretsmanager_secret.smtp", "secret", names.secret),
        Sought("aws_sesv2_configuration_set.this", "configuration-set", names.configuration_set),
        Sought(
            "aws_sesv2_configuration_set_event_destination.feedback",
            "event-destination",
            names.event_destination,
            names.configuration_set,
        ),
        Sought(IDENTITY, "identity", tenant.domain),
        Sought("aws_sns_topic.feedback", "topic", topic),
        Sought("aws_sns_topic_subscription.queue", "subscription", names.queue_arn, topic),
        Sought("aws_sqs_queue.feedback", "queue", names.queue),
    ]
    if sentinel:
        function = names.platform.function_arn("sentinel")
        found.append(Sought('aws_sns_topic_subscription.sentinel["this"]', "subscription", function, topic))
    if tenant.dns is Dns.ROUTE53:
        found.append(Sought(ZONE, "zone", tenant.domain))
    return tuple(found)


def addresses(tenant: Tenant, names: TenantNames, *, sentinel: bool = True) -> frozenset[str]:
    """Address of every resource a complete state of this tenant holds."""
    records = [f'aws_route53_record.this["{key}"]' for key in _RECORD_KEYS] if tenant.dns is Dns.ROUTE53 else []
    whole = [*(thing.address for thing in sought(tenant, names, sentinel=sentinel)), *SET_AGAIN, *records]
    return frozenset(MODULE + address for address in whole)


def imports(found: Mapping[str, str], in_state: Collection[str]) -> list[tuple[str, str]]:
    """Address and import id of what exists but is not in the state. ``found``: address in the module to id."""
    whole = {MODULE + address: id_ for address, id_ in found.items()}
    return sorted((address, id_) for address, id_ in whole.items() if address not in in_state)


def adopt(
    tenant: Tenant,
    names: TenantNames,
    finder: Finder,
    in_state: Collection[str],
    *,
    sentinel: bool = True,
    allowed: Collection[str] = (),
) -> list[tuple[str, str]]:
    """What to take over: (address, import id). Asks AWS nothing when the state is complete.

    ``allowed`` are kinds (``zone``, ``identity``) that may be taken over without our mark, because a person said so.
    Raises ForeignError for one that is there without the mark.
    """
    missing = addresses(tenant, names, sentinel=sentinel) - set(in_state)
    if not missing:
        return []
    found: dict[str, str] = {}
    for thing in sought(tenant, names, sentinel=sentinel):
        if MODULE + thing.address in missing and (existing := finder.find(thing)) is not None:
            _refuse_foreign(thing, existing, names, allowed)
            found[thing.address] = existing.id
    if any(address.startswith(f"{MODULE}aws_route53_record.") for address in missing):
        found |= _records(tenant, names, finder)
    return imports(found, in_state)


def _refuse_foreign(thing: Sought, existing: Existing, names: TenantNames, allowed: Collection[str]) -> None:
    if thing.kind not in ("zone", "identity") or thing.kind in allowed or existing.owner == names.zone_comment:
        return
    what = "a hosted zone" if thing.kind == "zone" else "an SES identity"
    whose = f"it is marked as {existing.owner}'s" if existing.owner else "nothing says whose it is"
    raise ForeignError(
        f"{names.tenant_id}: this account has {what} for {thing.name} already ({existing.id}), and {whose}",
        hint=f"if it belongs to this tenant, repeat with --adopt {thing.kind}; if not, remove it or use another domain",
    )


def _records(tenant: Tenant, names: TenantNames, finder: Finder) -> dict[str, str]:
    zone = finder.find(Sought(ZONE, "zone", tenant.domain))
    if zone is None:
        return {}
    there = finder.records(zone.id)
    tokens = finder.tokens(tenant.domain)
    wanted = expected_records(tenant, names.platform.place.region, tokens, "")
    keys: Sequence[str] = _RECORD_KEYS if len(tokens) == 3 else _RECORD_KEYS[3:]  # noqa: PLR2004 - SES makes three
    return {
        f'aws_route53_record.this["{key}"]': f"{zone.id}_{record.name}_{record.type}"
        for key, record in zip(keys, wanted, strict=True)
        if (record.type, record.name) in there
    }
