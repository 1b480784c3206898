"""Account settings of SES, and tags."""

from datetime import timedelta
from email.utils import parseaddr

from provisioner.sandbox.ses.call import Answer, BadRequest, Call, NotFound, SesError, tag_dict, tag_list
from provisioner.sandbox.simulator import kind_of
from provisioner.sandbox.state import ConfigurationSet, Identity, SesState, Tenant

_DETAILS = ("MailType", "WebsiteURL", "ContactLanguage", "UseCaseDescription", "AdditionalContactEmailAddresses")


def get_account(call: Call) -> Answer:
    """Describe the account in this Region."""
    settings = call.state.settings
    answer: Answer = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": settings.enforcement_status,
        "ProductionAccessEnabled": settings.production_access,
        "SendQuota": {
            "Max24HourSend": settings.max_24_hour_send,
            "MaxSendRate": settings.max_send_rate,
            "SentLast24Hours": float(sent_in_a_day(call)),
        },
        "SendingEnabled": settings.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": list(settings.suppression.reasons or ())},
        "PricingAttributes": {"CurrentPlan": settings.plan},
        "VdmAttributes": settings.vdm or {"VdmEnabled": "DISABLED"},
    }
    if settings.details:
        answer["Details"] = settings.details
    return answer


def put_account_sending_attributes(call: Call) -> Answer:
    """Switch sending of the whole account."""
    call.state.settings.sending_enabled = call.flag("SendingEnabled")
    return {}


def put_account_suppression_attributes(call: Call) -> Answer:
    """Set which feedback puts addresses on the account's list."""
    if call.get("ValidationAttributes"):
        raise NotImplementedError("sesv2 PutAccountSuppressionAttributes with ValidationAttributes")
    call.state.settings.suppression.reasons = tuple(call.get("SuppressedReasons") or ())
    return {}


def put_account_details(call: Call) -> Answer:
    """Ask for production access: the review stays PENDING until ``review`` decides."""
    settings = call.state.settings
    if (settings.details.get("ReviewDetails") or {}).get("Status") == "PENDING":
        raise SesError("ConflictException", "Your account details are under review.")
    settings.details = {key: call.params[key] for key in _DETAILS if call.get(key)}
    if call.flag("ProductionAccessEnabled") and not settings.production_access:
        settings.details["ReviewDetails"] = {"Status": "PENDING", "CaseId": "case-sandbox"}
    return {}


def review(state: SesState, *, granted: bool) -> None:
    """Answer a request for production access, as AWS does within a day."""
    status = "GRANTED" if granted else "DENIED"
    state.settings.details["ReviewDetails"] = {"Status": status, "CaseId": "case-sandbox"}
    state.settings.production_access = granted


def put_account_vdm_attributes(call: Call) -> Answer:
    """Store the Virtual Deliverability Manager settings."""
    call.state.settings.vdm = dict(call.params["VdmAttributes"])
    return {}


def tag_resource(call: Call) -> Answer:
    """Add tags."""
    _tags(call).update(tag_dict(call.params["Tags"]))
    return {}


def untag_resource(call: Call) -> Answer:
    """Remove tags."""
    tags = _tags(call)
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(call: Call) -> Answer:
    """List tags."""
    return {"Tags": tag_list(_tags(call))}


def sent_in_a_day(call: Call) -> int:
    """Count the recipients of the last 24 hours; the mailbox simulator does not count."""
    since = call.now - timedelta(hours=24)
    recent = (message for message in call.state.accepted if message.accepted_at > since)
    return sum(not is_simulator(address) for message in recent for address in message.destinations)


def is_simulator(address: str) -> bool:
    """Tell whether an address is the mailbox simulator's."""
    return kind_of(parseaddr(address)[1]) is not None


def _tags(call: Call) -> dict[str, str]:
    state, arn = call.state, call.params["ResourceArn"]
    if not arn.startswith("arn:"):
        raise BadRequest(f"Invalid ARN {arn}.")
    everything: list[Tenant | ConfigurationSet | Identity] = [
        *state.tenants.values(),
        *state.configuration_sets.values(),
        *state.identities.values(),
    ]
    for item in everything:
        if item.arn == arn:
            return item.tags
    raise NotFound(f"Resource {arn} does not exist.")
