"""Is the domain ready to send? Compares what DNS and SES answer with what is needed; decides nothing else.

Never waits: it says what is missing in plain words, and is run again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from provisioner.model.tenant import Dns, Tenant
from provisioner.onboarding.records import Record

# SES searches for DKIM and MAIL FROM records this long, then gives up (DG managing-identities, mail-from).
SEARCH = timedelta(hours=72)


class Answer(msgspec.Struct, frozen=True):
    """What DNS said: the values, or why there are none (``error`` in words)."""

    values: tuple[str, ...] = ()
    error: str = ""


class Resolver(Protocol):
    """Asks DNS. Names without trailing dot; TXT values without quotes; CNAME and MX targets in lower case."""

    def ask(self, name: str, kind: str) -> Answer: ...
    def nameservers(self, domain: str) -> Answer:
        """The name servers the parent zone delegates to."""
        ...


class IdentityState(msgspec.Struct, frozen=True, kw_only=True):
    """What SES says about the domain (GetEmailIdentity). Status words are SES's own."""

    exists: bool
    tokens: tuple[str, ...] = ()
    signing_zone: str = ""
    dkim: str = "NOT_STARTED"
    verified: bool = False
    mail_from: str = "NOT_STARTED"
    error: str = ""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. ``cure`` says what to do when it is not ``ok``."""

    name: str
    ok: bool
    expected: str
    found: str
    cure: str = ""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """All checks; ``ready`` is SES's own word that the domain may send, with everything in place."""

    tenant: str
    ready: bool
    checks: tuple[Check, ...]


def verify(
    tenant: Tenant,
    records: Sequence[Record],
    identity: IdentityState,
    resolver: Resolver,
    *,
    zone_servers: Sequence[str] = (),
    created: datetime | None = None,
    now: datetime,
) -> Verification:
    """Check delegation (``zone_servers`` of our zone), every record, and SES's view."""
    checks: list[Check] = []
    if tenant.dns is Dns.ROUTE53 and zone_servers:
        checks.append(_delegation(tenant, zone_servers, resolver))
    checks += [_record(record, resolver) for record in records]
    checks += _ses(tenant, identity, created, now)
    ready = identity.verified and all(check.ok for check in checks)
    return Verification(tenant=tenant.id, ready=ready, checks=tuple(checks))


def _delegation(tenant: Tenant, zone_servers: Sequence[str], resolver: Resolver) -> Check:
    answer = resolver.nameservers(tenant.domain)
    expected = sorted(server.rstrip(".").lower() for server in zone_servers)
    found = sorted(server.rstrip(".").lower() for server in answer.values)
    return Check(
        name=f"name servers of {tenant.domain}",
        ok=expected == found,
        expected=", ".join(expected),
        found=", ".join(found) or answer.error or "none",
        cure="At the company where the domain was bought, replace its name servers by the four expected ones.",
    )


def _record(record: Record, resolver: Resolver) -> Check:
    answer = resolver.ask(record.name, record.type)
    values = [normalise(record.type, value) for value in answer.values]
    wanted = normalise(record.type, record.value)
    ok = values == [wanted] if record.type in ("MX", "CNAME") else values.count(wanted) == 1
    if record.type == "TXT" and record.name.startswith("_dmarc."):
        # The owner may run a stricter policy than ours: any single valid DMARC record will do.
        policies = [value for value in values if value.lower().startswith("v=dmarc1")]
        ok = len(policies) == 1 and "p=" in policies[0].replace(" ", "")
    return Check(
        name=f"{record.type} {record.name}",
        ok=ok,
        expected=record.value,
        found=" | ".join(answer.values) or answer.error or "nothing",
        cure=f"Add this {record.type} record: name {record.name}, value {record.value} ({record.why}).",
    )


def normalise(kind: str, value: str) -> str:
    """A record's value in the form it is compared in: host names in lower case without the final dot."""
    return value.strip() if kind == "TXT" else value.strip().rstrip(".").lower()


def _ses(tenant: Tenant, identity: IdentityState, created: datetime | None, now: datetime) -> list[Check]:
    left = "" if created is None else _time_left(created, now)
    return [
        Check(
            name="SES: DKIM signatures",
            ok=identity.dkim == "SUCCESS",
            expected="SUCCESS",
            found=identity.dkim + (f" ({identity.error})" if identity.error else ""),
            cure=_cure(identity.dkim, "DKIM", tenant, left),
        ),
        Check(
            name="SES: MAIL FROM domain",
            ok=identity.mail_from == "SUCCESS",
            expected="SUCCESS",
            found=identity.mail_from,
            cure=_cure(identity.mail_from, "MAIL FROM", tenant, left),
        ),
        Check(
            name="SES: may send",
            ok=identity.verified,
            expected="yes",
            found="yes" if identity.verified else "not yet",
            cure="Follows by itself once DKIM is verified.",
        ),
    ]


def _time_left(created: datetime, now: datetime) -> str:
    left = created + SEARCH - now
    if left <= timedelta(0):
        return "SES has stopped looking."
    return f"SES keeps looking for {int(left.total_seconds() // 3600)} more hours."


def _cure(status: str, what: str, tenant: Tenant, left: str) -> str:
    if status == "FAILED":
        return (
            f"SES gave up on {what} after 72 hours. Correct the records above, then run "
            f"'innkeeper verify {tenant.id} --restart' to make SES look again."
        )
    return f"Put the records above in place; SES finds them by itself. {left}".strip()
