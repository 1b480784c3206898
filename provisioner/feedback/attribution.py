"""Whose event is this? The tenant is the queue it came from; the body must not say otherwise, and must say something.

Everything compared here is written by SES or SNS, nothing by the sender: the topic, the account, the automatic
``ses:`` tags and the identity's ARN.
"""

import re

import msgspec

from provisioner.feedback import wire
from provisioner.feedback.address import normalise_domain

_IDENTITY = re.compile(r"arn:[^:]*:ses:[^:]*:([^:]*):identity/(.+)", re.DOTALL)


class Source(msgspec.Struct, frozen=True):
    """The tenant whose queue a message came from, and the names it must carry."""

    tenant: str
    configuration_set: str
    topic_arn: str
    account: str
    domain: str


def foreign_topic(topics: tuple[str, ...], source: Source) -> str:
    """Why the envelopes are not this tenant's, or an empty string. No envelope (raw delivery) is no reason."""
    for topic in topics:
        if not topic:
            return "the SNS envelope names no topic"
        if topic != source.topic_arn:
            return f"came through another topic: {topic[:200]}"
    return ""


def foreign_mail(mail: wire.Mail | None, source: Source) -> str:
    """Why the mail is not this tenant's, or an empty string."""
    if mail is None:
        return ""
    if mail.sending_account_id not in (None, source.account):
        return "names another AWS account"
    return _foreign_tag(mail.tags or {}, source) or _foreign_identity(mail.source_arn, source)


def is_attributed(topics: tuple[str, ...], mail: wire.Mail | None) -> bool:
    """Whether anything says that the event is this tenant's, given that nothing says otherwise."""
    if topics:
        return True
    if mail is None:
        return False
    tags = mail.tags or {}
    return bool(tags.get("ses:configuration-set") or tags.get("ses:from-domain") or _identity(mail.source_arn))


def _foreign_tag(tags: dict[str, list[str]], source: Source) -> str:
    if any(name != source.configuration_set for name in tags.get("ses:configuration-set", ())):
        return "names another configuration set"
    if any(not _is_within(domain, source.domain) for domain in tags.get("ses:from-domain", ())):
        return "was sent from another domain"
    if any(_is_neighbour(user, source, "-smtp") for user in tags.get("ses:caller-identity", ())):
        return "was sent by another tenant's user"
    if any(_is_neighbour(name, source, "") for name in tags.get("ses:tenant-name", ())):
        return "was sent in another SES tenant"
    return ""


def _foreign_identity(arn: str | None, source: Source) -> str:
    """Compare ``arn:…:ses:<region>:<account>:identity/<domain or address>``."""
    identity = _identity(arn)
    if identity is None:
        return ""
    account, name = identity
    if account != source.account:
        return "names another AWS account"
    return "" if _is_within(name.rpartition("@")[2], source.domain) else "was sent by another identity"


def _identity(arn: str | None) -> tuple[str, str] | None:
    match = _IDENTITY.fullmatch(arn or "")
    return (match[1], match[2]) if match else None


def _is_within(domain: str, ours: str) -> bool:
    """Whether ``domain`` is our domain or below it."""
    if domain == ours:
        return True
    known = normalise_domain(domain)
    return known == ours or known.endswith(f".{ours}")


def _is_neighbour(name: str, source: Source, suffix: str) -> bool:
    """Whether ``name`` follows the platform's naming for tenants, but is not this one's.

    Other callers are no sign of a foreign event: the operator and the weekly canary also send through the set.
    """
    prefix = source.configuration_set.removesuffix(source.tenant)
    if prefix in ("", source.configuration_set):
        return False
    return name.startswith(prefix) and name.endswith(suffix) and name != source.configuration_set + suffix
