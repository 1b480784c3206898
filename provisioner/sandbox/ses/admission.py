"""Whether SES takes a mail: the checks of SendEmail and of the SMTP endpoint, in the order and words of AWS."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from provisioner.sandbox.ses.account import is_simulator, sent_in_a_day
from provisioner.sandbox.ses.call import BadRequest, Call, SesError, find_set
from provisioner.sandbox.ses.lookup import zone_lookup
from provisioner.sandbox.ses.verification import refresh
from provisioner.sandbox.state import ConfigurationSet, Identity, SesState, Tenant

MOST_RECIPIENTS = 50
MOST_BYTES = 40 * 1024 * 1024
_LOOK_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Admission:
    """The identity, set and tenant that a mail goes out with."""

    identity: Identity
    configuration_set: ConfigurationSet | None
    tenant: Tenant | None


def admit(
    state: SesState,
    now: datetime,
    *,
    source: str,
    recipients: tuple[str, ...],
    configuration_set: str | None,
    tenant: str | None,
    size: int = 0,
) -> Admission:
    """Return what the mail goes out with, or raise the SesError that AWS would answer.

    ``configuration_set`` is the one that was asked for; None means the identity's default.
    """
    _check_account(state, now, recipients)
    if not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise BadRequest(f"Recipient count must be 1 to {MOST_RECIPIENTS}.")
    if size > MOST_BYTES:
        raise BadRequest(f"Message length is more than {MOST_BYTES} bytes long: '{size}'.")
    identity = _verified_identity(state, now, source)
    _check_sandbox(state, recipients)
    name = configuration_set or identity.configuration_set
    chosen = find_set(state, name) if name else None
    if chosen and not chosen.sending_enabled:
        raise SesError("SendingPausedException", f"Sending is paused for configuration set {chosen.name}")
    belongs = _checked_tenant(state, tenant, identity, chosen) if tenant else None
    mail_from = identity.mail_from
    if mail_from and mail_from.behavior == "REJECT_MESSAGE" and mail_from.status != "SUCCESS":
        raise SesError("MailFromDomainNotVerifiedException", f"MAIL FROM domain {mail_from.domain} is not verified.")
    return Admission(identity, chosen, belongs)


def _check_account(state: SesState, now: datetime, recipients: tuple[str, ...]) -> None:
    settings = state.settings
    if settings.enforcement_status == "SHUTDOWN":
        raise SesError("AccountSuspendedException", "Your account's ability to send email is suspended.")
    if not settings.sending_enabled:
        raise SesError(
            "SendingPausedException",
            "Sending paused for this account. For more information, please check the inbox of the email address "
            "associated with your AWS account.",
        )
    counted = sum(not is_simulator(address) for address in recipients)
    sent = sent_in_a_day(Call(state, now, {}))
    if settings.max_24_hour_send >= 0 and sent + counted > settings.max_24_hour_send:
        raise SesError("TooManyRequestsException", "Daily message quota exceeded.")


def _verified_identity(state: SesState, now: datetime, source: str) -> Identity:
    address = parseaddr(source)[1]
    identity = state.identity_of(address)
    if identity and (identity.checked is None or not identity.verified or now - identity.checked >= _LOOK_AGAIN):
        refresh(state, identity, now, zone_lookup(state))
    if identity is None or not identity.verified:
        raise _not_verified(state, [source])
    return identity


def _check_sandbox(state: SesState, recipients: tuple[str, ...]) -> None:
    if state.settings.production_access:
        return
    strangers = [address for address in recipients if not is_simulator(address) and not _is_verified(state, address)]
    if strangers:
        raise _not_verified(state, strangers)


def _is_verified(state: SesState, address: str) -> bool:
    identity = state.identity_of(parseaddr(address)[1])
    return identity is not None and identity.verified


def _not_verified(state: SesState, addresses: list[str]) -> SesError:
    return SesError(
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region "
        f"{state.region.upper()}: {', '.join(addresses)}",
    )


def _checked_tenant(state: SesState, name: str, identity: Identity, chosen: ConfigurationSet | None) -> Tenant:
    tenant = Call(state, identity.created, {"TenantName": name}).tenant()
    if tenant.sending_status == "DISABLED":
        raise SesError("SendingPausedException", f"Sending is paused for tenant {name}")
    if chosen is None:
        raise BadRequest("A configuration set is required to send with a tenant.")
    missing = [arn for arn in (identity.arn, chosen.arn) if arn not in tenant.resources]
    if missing:
        raise SesError("AccessDeniedException", f"Tenant not associated with resources [{', '.join(missing)}]")
    return tenant
