"""Which kind of event a bounce or complaint is: tables, in the order in which they are tried."""

import re
from functools import cache
from itertools import product

import msgspec

from provisioner.feedback.address import domain_of
from provisioner.model.event import Kind

RELAY_DOMAIN = "privaterelay.appleid.com"
SIMULATOR_DOMAIN = "simulator.amazonses.com"

# bounceSubType -> what it means for us. One that is missing here is new: kept and shown, never a strike.
SUBTYPES = {
    "General": "plain",
    "NoEmail": "plain",
    "Suppressed": "plain",
    "MailboxFull": "plain",
    "CustomTimeoutExceeded": "plain",
    "Undetermined": "plain",
    "OnAccountSuppressionList": "echo",
    "OnTenantSuppressionList": "echo",
    "EmailValidationSuppressed": "echo",
    "MessageTooLarge": "message",
    "ContentRejected": "message",
    "AttachmentRejected": "message",
    "": "missing",
}
TYPES = ("Permanent", "Transient", "Undetermined", "missing", "new")
ACTIONS = {"failed": "failed", "delayed": "delayed", "delivered": "done", "relayed": "done", "expanded": "done"}
_ANY = "*"


class Row(msgspec.Struct, frozen=True):
    """One line of the bounce table; ``*`` fits everything. The first line that fits decides."""

    bounce_type: str
    subtype: str
    action: str
    status: str
    place: str
    kind: Kind

    def fits(self, key: tuple[str, ...]) -> bool:
        """Whether this line speaks of ``key``."""
        wanted = (self.bounce_type, self.subtype, self.action, self.status, self.place)
        return all(want in (_ANY, is_) for want, is_ in zip(wanted, key, strict=True))


# fmt: off
BOUNCES = (
    # type           subtype    action     status   place    kind
    Row(_ANY,         "echo",    _ANY,      _ANY,    _ANY,    Kind.ECHO),
    Row("new",        _ANY,      _ANY,      _ANY,    _ANY,    Kind.UNKNOWN),
    Row("missing",    _ANY,      _ANY,      _ANY,    _ANY,    Kind.UNDETERMINED),
    Row("Undetermined", _ANY,    _ANY,      _ANY,    _ANY,    Kind.UNDETERMINED),
    Row(_ANY,         "missing", _ANY,      _ANY,    _ANY,    Kind.UNDETERMINED),
    Row(_ANY,         "new",     _ANY,      _ANY,    _ANY,    Kind.UNKNOWN),
    # One notification may hold recipients that failed and others that did not: each has its own action.
    Row("Permanent",  _ANY,      "delayed", _ANY,    _ANY,    Kind.DELAY),
    Row("Permanent",  _ANY,      "done",    _ANY,    _ANY,    Kind.UNKNOWN),
    Row("Permanent",  _ANY,      _ANY,      "5.7",   _ANY,    Kind.POLICY),
    Row("Permanent",  _ANY,      _ANY,      _ANY,    "relay", Kind.RELAY),
    Row("Permanent",  _ANY,      _ANY,      _ANY,    _ANY,    Kind.HARD),
    Row("Transient",  "message", _ANY,      _ANY,    _ANY,    Kind.CONTENT),
    Row("Transient",  _ANY,      _ANY,      "5.4.4", "relay", Kind.RELAY),
    Row("Transient",  _ANY,      _ANY,      "5.4.4", _ANY,    Kind.HARD),
    Row("Transient",  _ANY,      "failed",  _ANY,    _ANY,    Kind.SOFT),
    Row("Transient",  _ANY,      _ANY,      "5.7",   _ANY,    Kind.SOFT),
    Row("Transient",  _ANY,      _ANY,      "4 or 5", _ANY,   Kind.SOFT),
    Row("Transient",  _ANY,      "delayed", _ANY,    _ANY,    Kind.DELAY),
    Row("Transient",  _ANY,      "done",    _ANY,    _ANY,    Kind.UNKNOWN),
    Row("Transient",  _ANY,      _ANY,      _ANY,    _ANY,    Kind.AUTO_REPLY),
)
# fmt: on

# complaintFeedbackType and complaintSubType that are no complaint. All other feedback types are one.
IGNORED_FEEDBACK = frozenset({"not-spam", "auth-failure"})
ECHO_SUBTYPES = frozenset(name for name, meaning in SUBTYPES.items() if meaning == "echo")

# Type -> field of wire.Body that holds its block.
BLOCK_OF_TYPE = {
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Delivery": "delivery",
    "DeliveryDelay": "delivery_delay",
    "Reject": "reject",
    "Send": "send",
    "Open": "open",
    "Click": "click",
    "Rendering Failure": "failure",
    "Subscription": "subscription",
}
# Known, and nothing to conclude from them. ``Received`` is inbound mail.
OTHER_TYPES = frozenset({"Send", "Open", "Click", "Rendering Failure", "Subscription", "Received"})
# Other spellings of a type.
EVENT_TYPES = {"RenderingFailure": "Rendering Failure"}
# Literal of a test tool that names all types at once; the block decides then.
NO_TYPE = frozenset({"", "Bounce, Complaint, or Delivery."})

_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\d)", re.ASCII)


def read_status(text: str | None) -> str:
    """Read the enhanced status code at the start of ``text``, such as ``5.1.1``, or give an empty string."""
    match = _STATUS.match(text) if text else None
    return ".".join(match.groups()) if match else ""


def bounce_kind(bounce_type: str | None, subtype: str | None, action: str | None, status: str, address: str) -> Kind:
    """Look a bounced recipient up in ``BOUNCES``; ``status`` as ``read_status`` gives it."""
    return _table()[
        _type_class(bounce_type),
        SUBTYPES.get(subtype or "", "new"),
        _action_class(action),
        _status_class(status),
        "relay" if is_relay(address) else "other",
    ]


def is_relay(address: str) -> bool:
    """Whether a normalised address is one of Apple's private relay."""
    return domain_of(address) == RELAY_DOMAIN


def complaint_kind(subtype: str | None, feedback_type: str | None, candidates: int) -> Kind:
    """Say what a complaint naming ``candidates`` different recipients is."""
    if (feedback_type or "").strip().lower() in IGNORED_FEEDBACK or subtype in ECHO_SUBTYPES:
        return Kind.IGNORED_COMPLAINT
    if subtype:
        return Kind.UNKNOWN
    return Kind.COMPLAINT if candidates == 1 else Kind.AMBIGUOUS_COMPLAINT


def reject_kind(reason: str | None) -> Kind:
    """``Bad content`` is SES's word for a virus, the only reason it documents."""
    return Kind.VIRUS if (reason or "").strip().lower() == "bad content" else Kind.REJECT


def _type_class(bounce_type: str | None) -> str:
    if not bounce_type:
        return "missing"
    return bounce_type if bounce_type in ("Permanent", "Transient", "Undetermined") else "new"


def _action_class(action: str | None) -> str:
    words = action.lower().split(maxsplit=1) if action else ()
    return ACTIONS.get(words[0], "none") if words else "none"


def _status_class(status: str) -> str:
    if status == "5.4.4":
        return status
    if status.startswith("5.7."):
        return "5.7"
    return "4 or 5" if status[:1] in ("4", "5") else "none"


@cache
def _table() -> dict[tuple[str, ...], Kind]:
    """``BOUNCES`` written out: a kind for every combination, so that nothing falls through."""
    keys = product(
        TYPES,
        (*sorted(set(SUBTYPES.values())), "new"),
        ("failed", "delayed", "done", "none"),
        ("5.7", "5.4.4", "4 or 5", "none"),
        ("relay", "other"),
    )
    return {key: next(row.kind for row in BOUNCES if row.fits(key)) for key in keys}
