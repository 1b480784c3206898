"""The suppression lists: the account's, and one per tenant."""

from typing import Any

from provisioner.sandbox.ses.call import Answer, BadRequest, Call, NotFound, paged
from provisioner.sandbox.state import Suppressed


def put_suppressed_destination(call: Call) -> Answer:
    """Put an address on a list, or change its reason."""
    if not call.state.settings.production_access:
        raise BadRequest("Your account is in the sandbox: the suppression list cannot be written.")
    address = normalized(call.params["EmailAddress"])
    if "@" not in address:
        raise BadRequest(f"Invalid email address {address}.")
    _entries(call)[address] = Suppressed(address, call.params["Reason"], call.now)
    return {}


def get_suppressed_destination(call: Call) -> Answer:
    """Describe one entry; the case of the local part matters."""
    entry = _entry(call)
    answer: dict[str, Any] = _brief(entry)
    origin = {"MessageId": entry.message_id, "FeedbackId": entry.feedback_id}
    if any(origin.values()):
        answer["Attributes"] = {key: value for key, value in origin.items() if value}
    if call.get("TenantName"):
        answer["TenantName"] = call.params["TenantName"]
    return {"SuppressedDestination": answer}


def delete_suppressed_destination(call: Call) -> Answer:
    """Take an address off a list."""
    del _entries(call)[_entry(call).address]
    return {}


def list_suppressed_destinations(call: Call) -> Answer:
    """List a list, by reason and time if asked."""
    reasons, start, end = call.get("Reasons"), call.get("StartDate"), call.get("EndDate")
    chosen = [
        _brief(entry)
        for entry in _entries(call).values()
        if (not reasons or entry.reason in reasons)
        and (start is None or entry.updated >= start)
        and (end is None or entry.updated <= end)
    ]
    return paged(call, "SuppressedDestinationSummaries", chosen, default=1000)


def normalized(address: str) -> str:
    """Spell an address as the lists keep it: trimmed, only the domain in lower case."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _entries(call: Call) -> dict[str, Suppressed]:
    return call.tenant().suppressed if call.get("TenantName") else call.state.suppressed


def _entry(call: Call) -> Suppressed:
    address = normalized(call.params["EmailAddress"])
    entries = _entries(call)
    if address not in entries:
        raise NotFound(f"Email address {address} does not exist on your suppression list.")
    return entries[address]


def _brief(entry: Suppressed) -> dict[str, Any]:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.updated}
