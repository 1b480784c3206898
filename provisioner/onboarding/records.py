"""The DNS records a tenant's domain needs, and what it means when one is missing.

The Terraform module writes the same records into Route 53; a test compares both. For outside DNS this list
is what the owner pastes at their DNS provider.
"""

from collections.abc import Sequence

import msgspec

from provisioner.model.tenant import Tenant

SPF = "v=spf1 include:amazonses.com ~all"
DEFAULT_SIGNING_ZONE = "dkim.amazonses.com"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record. ``name`` is fully qualified without the trailing dot; TXT values carry no quotes."""

    type: str
    name: str
    value: str
    why: str


def dmarc_value(tenant: Tenant) -> str:
    """The DMARC policy record's text. Never ``aspf=s``: a MAIL FROM sub-domain aligns relaxed only."""
    parts = ["v=DMARC1", f"p={tenant.dmarc.policy}"]
    if tenant.dmarc.percent != 100:  # noqa: PLR2004 - the protocol's own default
        parts.append(f"pct={tenant.dmarc.percent}")
    if tenant.dmarc.reports:
        parts.append(f"rua=mailto:{tenant.dmarc.reports}")
    return "; ".join(parts)


def expected_records(tenant: Tenant, region: str, tokens: Sequence[str], signing_zone: str) -> tuple[Record, ...]:
    """Every record of a tenant. ``tokens`` and ``signing_zone`` come from SES (GetEmailIdentity)."""
    dkim = tuple(
        Record(
            type="CNAME",
            name=f"{token}._domainkey.{tenant.domain}",
            value=f"{token}.{signing_zone}",
            why="DKIM: lets receivers check that the mail was signed for this domain",
        )
        for token in tokens
    )
    return (
        *dkim,
        Record(
            type="MX",
            name=tenant.mail_from_domain,
            value=f"10 feedback-smtp.{region}.amazonses.com",
            why="MAIL FROM: where bounces of this domain's mail go",
        ),
        Record(
            type="TXT",
            name=tenant.mail_from_domain,
            value=SPF,
            why="SPF: says that Amazon SES may send for this domain",
        ),
        Record(
            type="TXT",
            name=f"_dmarc.{tenant.domain}",
            value=dmarc_value(tenant),
            why="DMARC: tells receivers what to do with mail that fails the checks",
        ),
    )
