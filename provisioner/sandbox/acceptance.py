"""May this mail be sent? The checks of SES after DATA, in SES's order, with its words where they are published.

Sources: SES developer guide, "Amazon SES SMTP issues" and "response codes"; texts marked *ours* are not published and
only their code (554) can be relied on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.sandbox.mail_headers import Headers, Refusal, read_headers
from provisioner.sandbox.policy import ContextValue, Decision, Principal, evaluate_resource_policy, parse
from provisioner.sandbox.principals import Caller
from provisioner.sandbox.simulator import kind_of
from provisioner.sandbox.state import AcceptedMessage, ConfigurationSet, Identity, SesState, Tenant

ACTION = "ses:SendRawEmail"
MAX_RECIPIENTS = 50
MAX_BYTES = 40 * 1024 * 1024
# SES lets short bursts pass the sending rate; how long is not published.
_BURST = timedelta(seconds=10)

Judge = Callable[[str, Mapping[str, ContextValue]], Decision]
"""Asks IAM: resource, request context → decision on ``ses:SendRawEmail`` for the one who logged in."""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A mail as it came in by SMTP."""

    message_id: str
    at: datetime
    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes
    caller: Caller
    source_ip: str
    tls_version: str | None


def accept(state: SesState, mail: Incoming, judge: Judge) -> AcceptedMessage:
    """Check everything; the message to deliver. Raises Refusal with the answer for the client."""
    _account_may_send(state)
    headers = read_headers(mail.raw)
    identities = _sending_identities(state, mail, headers)
    used = _configuration_set(state, headers, identities[0])
    context = _request(mail, headers)
    for arn in (*(identity.arn for identity in identities), *([used.arn] if used else [])):
        _authorized(judge, mail.caller, arn, context)
    for identity in identities:
        _not_denied_by_identity(identity, mail.caller, context)
    if used and not used.sending_enabled:
        raise Refusal(554, f"Sending is paused for configuration set {used.name}.")  # ours
    _mail_from_usable(identities[0])
    _tenant_may_send(state, headers.tenant, identities, used)
    _within_limits(mail)
    _recipients_allowed(state, mail, judge, context)
    _within_quota(state, mail)
    return AcceptedMessage(
        message_id=mail.message_id,
        accepted_at=mail.at,
        source=mail.mail_from,
        destinations=mail.recipients,
        raw=mail.raw,
        identity_arn=identities[0].arn,
        configuration_set=used.name if used else None,
        tenant=headers.tenant,
        tags=headers.tags,
        caller=mail.caller.user,
        source_ip=mail.source_ip,
        operation="SendSmtpEmail",
        tls_version=mail.tls_version,
    )


def sending_identity(state: SesState, address: str) -> Identity | None:
    """Find the verified identity for an address: the most specific one, so the address itself before its domain."""
    local, _, domain = address.rpartition("@")
    labels = domain.lower().rstrip(".").split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    found = (state.identities.get(name) for name in (f"{local}@{'.'.join(labels)}", *domains))
    return next((identity for identity in found if identity is not None and identity.verified), None)


def _account_may_send(state: SesState) -> None:
    if not state.settings.sending_enabled or state.settings.enforcement_status == "SHUTDOWN":
        raise Refusal(
            554,
            "Message rejected: Sending paused for this account. For more information, please check the inbox of the "
            "email address associated with your AWS account.",
        )


def _sending_identities(state: SesState, mail: Incoming, headers: Headers) -> list[Identity]:
    """Find the identities in use, the From header's first; the envelope's sender must be verified, too."""
    addresses = dict.fromkeys([*(address for _, address in headers.senders), mail.mail_from])
    found = {address: sending_identity(state, address) for address in addresses}
    _all_verified(state, [address for address, identity in found.items() if identity is None])
    return list({identity.arn: identity for identity in found.values() if identity}.values())


def _all_verified(state: SesState, missing: Sequence[str]) -> None:
    if missing:
        raise Refusal(
            554,
            "Message rejected: Email address is not verified. The following identities failed the check in region "
            f"{state.region.upper()}: {', '.join(missing)}",
        )


def _configuration_set(state: SesState, headers: Headers, identity: Identity) -> ConfigurationSet | None:
    name = headers.configuration_set or identity.configuration_set
    if name is None:
        return None
    if name not in state.configuration_sets:
        raise Refusal(554, f"Configuration set does not exist: {name}")  # ours
    return state.configuration_sets[name]


def _request(mail: Incoming, headers: Headers) -> dict[str, ContextValue]:
    """Fill the condition keys that IAM knows of a mail sent by SMTP; ``ses:TenantName`` is not among them."""
    name, address = headers.senders[0]
    display = {"ses:FromDisplayName": name} if name else {}
    return {
        "ses:FromAddress": address,
        "ses:FeedbackAddress": mail.mail_from,
        "ses:Recipients": mail.recipients,
        "aws:SourceIp": mail.source_ip,
        "aws:SecureTransport": mail.tls_version is not None,
        "aws:CurrentTime": mail.at.isoformat(),
        "aws:EpochTime": int(mail.at.timestamp()),
        "aws:username": mail.caller.user,
        "aws:PrincipalArn": mail.caller.arn,
        "aws:PrincipalAccount": mail.caller.account,
        "aws:PrincipalType": "User",
        **display,
    }


def _authorized(judge: Judge, caller: Caller, arn: str, context: Mapping[str, ContextValue]) -> None:
    if not judge(arn, context).allowed:
        raise _denied(caller, arn)


def _not_denied_by_identity(identity: Identity, caller: Caller, context: Mapping[str, ContextValue]) -> None:
    """Ask the identity's own policies (sending authorization): within an account only their Deny counts."""
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    for text in identity.policies.values():
        for name in (caller.arn, root):
            decision = evaluate_resource_policy(parse(text), Principal("AWS", name), ACTION, identity.arn, context)
            if decision.explicit_deny:
                raise _denied(caller, identity.arn)


def _denied(caller: Caller, arn: str) -> Refusal:
    return Refusal(
        554, f"Access denied: User `{caller.arn}' is not authorized to perform `{ACTION}' on resource `{arn}'"
    )


def _mail_from_usable(identity: Identity) -> None:
    own = identity.mail_from
    if own and own.behavior == "REJECT_MESSAGE" and own.status != "SUCCESS":
        raise Refusal(554, f"Message rejected: MAIL FROM domain is not verified: {own.domain}")  # ours


def _tenant_may_send(
    state: SesState, name: str | None, identities: Sequence[Identity], used: ConfigurationSet | None
) -> None:
    """Check the tenant that the message names. All texts: as the API's, where that is known; else ours."""
    if name is None:
        return
    tenant: Tenant | None = state.tenants.get(name)
    if tenant is None:
        raise Refusal(554, f"Tenant {name} for AwsAccountId {state.account} not found.")
    if used is None:
        raise Refusal(554, f"Tenant {name} can only send with a configuration set.")
    needed = [*(identity.arn for identity in identities), used.arn]
    foreign = [arn for arn in needed if arn not in tenant.resources]
    if foreign:
        raise Refusal(554, f"Tenant not associated with resources [{', '.join(foreign)}]")
    if tenant.sending_status == "DISABLED":
        raise Refusal(554, f"Sending is paused for tenant {name}.")


def _within_limits(mail: Incoming) -> None:
    if len(mail.recipients) > MAX_RECIPIENTS:
        raise Refusal(554, f"Transaction failed: Recipient count exceeds {MAX_RECIPIENTS}.")
    if len(mail.raw) > MAX_BYTES:
        raise Refusal(552, "Message is too long.")


def _recipients_allowed(state: SesState, mail: Incoming, judge: Judge, context: Mapping[str, ContextValue]) -> None:
    """Check the recipients of an account in the SES sandbox, whose identities IAM then asks for as well."""
    if state.settings.production_access:
        return
    real = [address for address in mail.recipients if not kind_of(address)]
    found = {address: sending_identity(state, address) for address in real}
    _all_verified(state, [address for address, identity in found.items() if identity is None])
    for arn in dict.fromkeys(identity.arn for identity in found.values() if identity):
        _authorized(judge, mail.caller, arn, context)


def _within_quota(state: SesState, mail: Incoming) -> None:
    settings = state.settings
    daily = settings.max_24_hour_send
    real = sum(not kind_of(address) for address in mail.recipients)
    if daily >= 0 and real and _sent_since(state, mail.at - timedelta(days=1), simulator=False) + real > daily:
        raise Refusal(454, "Throttling failure: Daily message quota exceeded")
    if _sent_since(state, mail.at - _BURST, simulator=True) >= settings.max_send_rate * _BURST.total_seconds():
        raise Refusal(454, "Throttling failure: Maximum sending rate exceeded")


def _sent_since(state: SesState, start: datetime, *, simulator: bool) -> int:
    """Count accepted recipients, newest first; those of the simulator use up the rate, not the day."""
    count = 0
    for message in reversed(state.accepted):
        if message.accepted_at <= start:
            break
        count += sum(simulator or not kind_of(address) for address in message.destinations)
    return count
