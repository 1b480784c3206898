"""What happens to a mail that SES took, and who hears of it.

``deliver`` plays the world outside: virus scan, suppression lists, mailbox simulator, the recipient's server.
``report`` lets a test or the demo bring in later news of a mail, such as a complaint days after. Both end in
``publish``.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from provisioner.errors import InnkeeperError
from provisioner.sandbox import fanout, simulator, suppression
from provisioner.sandbox.clock import clock_for
from provisioner.sandbox.mime import as_delivered, has_virus
from provisioner.sandbox.payloads import (
    EVENT_TYPES,
    SUBJECT,
    VALIDATION_SENTENCE,
    Bounce,
    Complaint,
    Delivery,
    Outcome,
    Recipient,
    Reject,
    Send,
    event,
)
from provisioner.sandbox.state import AcceptedMessage, DeliveredMail, EventDestination, SesState, Suppressed, ses_state

_BAD_ADDRESS = ("General", "NoEmail", "Suppressed")  # bounce sub-types that put an address on the list


def publish(account: str, region: str, configuration_set: str, published: dict[str, Any]) -> int:
    """Post an event to every enabled destination of the set that asks for its type; how many topics took it.

    Accepts any event in SES's form, so that tests can publish what nothing here produces. A topic whose policy
    refuses SES gets nothing and nobody is told, as on AWS; see ``fanout.refused``.
    """
    state = ses_state(account, region)
    kind = _api_type(published)
    owner = state.configuration_sets.get(configuration_set)
    if owner is None:
        raise InnkeeperError(f"no configuration set {configuration_set} in {region}", hint="create it first")
    wanted = [d for d in owner.destinations.values() if d.enabled and kind in d.types]
    text = json.dumps(published, ensure_ascii=False) + "\n"  # SES ends its JSON with a newline
    return sum(fanout.publish_as_ses(account, owner.arn, _topic(d), text, SUBJECT) for d in wanted)


def announce(account: str, region: str, configuration_set: str, destination: EventDestination) -> bool:
    """Post the sentence that SES sends when a destination is created. False: the topic refused it."""
    state = ses_state(account, region)
    arn = state.configuration_sets[configuration_set].arn
    return fanout.publish_as_ses(account, arn, _topic(destination), VALIDATION_SENTENCE, SUBJECT)


def deliver(account: str, region: str, message: AcceptedMessage) -> None:
    """Play what becomes of a message that passed every check, until all events are out; keep it if it is new."""
    state = ses_state(account, region)
    with state.lock:
        if not any(kept is message for kept in reversed(state.accepted)):
            state.accepted.append(message)
    if has_virus(message.raw):
        _tell(state, message, Reject())
        return
    _tell(state, message, Send())
    for outcome in _outcomes(state, message):
        if isinstance(outcome, Delivery):
            _put_into_mailbox(state, message, outcome.recipients)
        _tell(state, message, outcome)


def report(account: str, region: str, message_id: str, outcome: Outcome) -> dict[str, Any]:
    """Bring in what became of an accepted message later, with all that SES does then; the event as published."""
    state = ses_state(account, region)
    message = next((m for m in reversed(state.accepted) if m.message_id == message_id), None)
    if message is None:
        raise InnkeeperError(f"no message {message_id} was accepted in {region}", hint="send one first")
    return _tell(state, message, outcome)


def _outcomes(state: SesState, message: AcceptedMessage) -> list[Outcome]:
    """Decide for each recipient; what is suppressed is not tried."""
    blocked: dict[str, list[str]] = {}
    tried = []
    for address in dict.fromkeys(message.destinations):
        subtype = suppression.suppressed_as(state, message.configuration_set, message.tenant, address)
        if subtype:
            blocked.setdefault(subtype, []).append(address)
        else:
            tried.append(address)
    ordinary: list[Outcome] = [Delivery(recipients=(a,)) for a in tried if not simulator.kind_of(a)]
    echoes: list[Outcome] = [_echo(subtype, addresses) for subtype, addresses in blocked.items()]
    return [*ordinary, *simulator.outcomes([a for a in tried if simulator.kind_of(a)]), *echoes]


def _echo(subtype: str, addresses: Sequence[str]) -> Bounce:
    level = "tenant" if subtype == "OnTenantSuppressionList" else "account"
    code = (
        "Amazon SES did not send the message to this address because it is on the suppression list for your "
        f"{level}. For more information about removing addresses from the suppression list, see the Amazon SES "
        "Developer Guide."
    )
    return Bounce(recipients=tuple(Recipient(a, "failed", "5.1.1", code) for a in addresses), subtype=subtype)


def _put_into_mailbox(state: SesState, message: AcceptedMessage, recipients: Sequence[str]) -> None:
    at, raw = clock_for(state.account).now(), as_delivered(message.raw, message.message_id, state.region)
    mails = [
        DeliveredMail(
            message_id=message.message_id,
            at=at,
            recipient=recipient,
            source=message.source,
            raw=raw,
            tenant=message.tenant,
            configuration_set=message.configuration_set,
        )
        for recipient in recipients
    ]
    with state.lock:
        state.mailbox.extend(mails)


def _tell(state: SesState, message: AcceptedMessage, outcome: Outcome) -> dict[str, Any]:
    """Fill the suppression lists and publish, where the message has a configuration set."""
    now, feedback_id = clock_for(state.account).now(), new_id()
    _record(state, message, outcome, feedback_id)
    published = event(message, outcome, account=state.account, now=now, feedback_id=feedback_id)
    if message.configuration_set in state.configuration_sets:
        publish(state.account, state.region, message.configuration_set, published)
    return published


def _record(state: SesState, message: AcceptedMessage, outcome: Outcome, feedback_id: str) -> None:
    addresses: Sequence[str] = ()
    reason = ""
    if isinstance(outcome, Bounce) and outcome.type == "Permanent" and outcome.subtype in _BAD_ADDRESS:
        addresses, reason = [recipient.address for recipient in outcome.recipients], "BOUNCE"
    elif isinstance(outcome, Complaint) and outcome.subtype is None and outcome.feedback_type != "not-spam":
        addresses, reason = outcome.recipients, "COMPLAINT"
    now = clock_for(state.account).now()
    for address in addresses:
        key = suppression.list_key(address)
        entry = Suppressed(key, reason, now, message_id=message.message_id, feedback_id=feedback_id)
        suppression.record(state, message.configuration_set, message.tenant, entry)


def new_id() -> str:
    """Make an id in the form of SES's message and feedback ids."""
    return f"0102{uuid.uuid4().hex[:12]}-{uuid.uuid4()!s}-000000"


def _api_type(published: dict[str, Any]) -> str:
    written = published.get("eventType")
    if not isinstance(written, str) or written not in EVENT_TYPES:
        raise InnkeeperError(f"SES publishes no event of type {written!r}", hint=f"known: {', '.join(EVENT_TYPES)}")
    return EVENT_TYPES[written]


def _topic(destination: EventDestination) -> str:
    if destination.topic_arn is None:
        raise InnkeeperError(
            f"event destination {destination.name} publishes to {', '.join(destination.targets) or 'nothing'}",
            hint="the sandbox publishes to SNS topics only",
        )
    return destination.topic_arn
