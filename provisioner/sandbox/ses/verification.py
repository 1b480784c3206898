"""Whether SES finds the records of an identity: statuses follow the zone, and time runs out after 72 hours."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from provisioner.sandbox.state import Identity, MailFrom, SesState

Lookup = Callable[[str, str], tuple[str, ...]]
"""(name without trailing dot, record type) -> values as written in the zone."""

SEARCH = timedelta(hours=72)
SPF = "v=spf1 include:amazonses.com"


def announced_lookup(state: SesState, zones: Lookup) -> Lookup:
    """Join the zones with the records that were announced for DNS elsewhere."""

    def lookup(name: str, kind: str) -> tuple[str, ...]:
        wanted = (_plain(name), kind)
        return zones(*wanted) + tuple(value for owner, type_, value in state.announced if (owner, type_) == wanted)

    return lookup


def announce(state: SesState, records: Iterable[tuple[str, str, str]]) -> None:
    """Say that DNS outside Route 53 answers these (name, type, value)."""
    state.announced |= {(_plain(name), kind, value) for name, kind, value in records}


def confirm_address(state: SesState, address: str) -> None:
    """Follow the link that SES mailed to an address identity."""
    state.announced.add((address, "LINK", "followed"))


def refresh(state: SesState, identity: Identity, now: datetime, lookup: Lookup) -> None:
    """Look again, as SES does on its own every now and then."""
    found, error = _domain_found(identity, lookup) if identity.is_domain else _address_found(state, identity)
    previous = identity.status
    identity.status = _next(previous, identity.searching_since or identity.created, now, found=found)
    identity.error = None if found else error
    identity.checked = now
    if found:
        identity.verified_at = now
    if identity.status == "TEMPORARY_FAILURE" and previous == "SUCCESS":
        identity.searching_since = now
    if identity.mail_from:
        _refresh_mail_from(state.region, identity.mail_from, now, lookup)


def _refresh_mail_from(region: str, mail_from: MailFrom, now: datetime, lookup: Lookup) -> None:
    mx = lookup(mail_from.domain, "MX")
    texts = [_text(value) for value in lookup(mail_from.domain, "TXT")]
    right = _plain(f"10 feedback-smtp.{region}.amazonses.com")
    found = len(mx) == 1 and _plain(mx[0]) == right and any(text.startswith(SPF) for text in texts)
    previous = mail_from.status
    mail_from.status = _next(previous, mail_from.since, now, found=found)
    if mail_from.status == "TEMPORARY_FAILURE" and previous == "SUCCESS":
        mail_from.since = now


def _domain_found(identity: Identity, lookup: Lookup) -> tuple[bool, str | None]:
    answers = {token: lookup(f"{token}._domainkey.{identity.name}", "CNAME") for token in identity.dkim_tokens}
    wrong = [token for token, values in answers.items() if values and _plain(values[0]) != target(identity, token)]
    if wrong:
        return False, "INVALID_VALUE"
    if not answers or not all(answers.values()):
        return False, "HOST_NOT_FOUND"
    return True, None


def target(identity: Identity, token: str) -> str:
    """Return where the CNAME of a DKIM token must point."""
    return f"{token}.{identity.signing_hosted_zone}"


def _address_found(state: SesState, identity: Identity) -> tuple[bool, str | None]:
    return (identity.name, "LINK", "followed") in state.announced, None


def _next(status: str, since: datetime, now: datetime, *, found: bool) -> str:
    """Return the status after a look. FAILED is final: SES has stopped looking."""
    if status == "FAILED" or (not found and status in ("PENDING", "TEMPORARY_FAILURE") and now - since >= SEARCH):
        return "FAILED"
    if found:
        return "SUCCESS"
    return "TEMPORARY_FAILURE" if status in ("SUCCESS", "TEMPORARY_FAILURE") else "PENDING"


def _plain(name: str) -> str:
    return name.strip().rstrip(".").lower()


def _text(value: str) -> str:
    """Join the quoted parts of a TXT value."""
    return value.strip().strip('"').replace('" "', "")
