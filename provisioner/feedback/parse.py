"""One parser for everything that reaches a tenant's queue: a message in, events or a reason for quarantine out.

Nothing a message holds raises: it is somebody else's text, and one poisoned message must not stop a batch.
"""

from provisioner.feedback.attribution import Source, foreign_mail, foreign_topic, is_attributed
from provisioner.feedback.envelope import Letter, open_letters
from provisioner.feedback.events import read_events
from provisioner.feedback.parsed import Accepted, Control, Flag, Parsed, Quarantined
from provisioner.feedback.record import Unidentified
from provisioner.feedback.stamps import is_far
from provisioner.feedback.wire import Body
from provisioner.model.event import Event, Kind

__all__ = ["Accepted", "Control", "Flag", "Parsed", "Quarantined", "Source", "parse_message"]


def parse_message(body: bytes, source: Source, *, arrived: int) -> Parsed:
    """Read one message of a tenant's queue. ``arrived`` is in milliseconds since 1970 (UTC)."""
    try:
        return parse_unguarded(body, source, arrived)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not keep a message, or its batch, in the queue
        return Quarantined(reason=f"the parser failed on it ({type(error).__name__}); please report this")


def parse_unguarded(body: bytes, source: Source, arrived: int) -> Parsed:
    """As ``parse_message``, without its safety net: what fuzzing calls."""
    return _combine([_read(letter, source, arrived) for letter in open_letters(body)])


def _read(letter: Letter, source: Source, arrived: int) -> Parsed:
    foreign = foreign_topic(letter.topics, source) or foreign_mail(letter.body.mail if letter.body else None, source)
    if foreign:
        return Quarantined(reason=foreign, security=True)
    if letter.control:
        return Control(kind=letter.control, note="kept; nothing in it was fetched or confirmed")
    if letter.body is None:
        return Quarantined(reason=letter.problem)
    return _accept(letter, letter.body, arrived)


def _accept(letter: Letter, body: Body, arrived: int) -> Parsed:
    if not is_attributed(letter.topics, body.mail):
        return Quarantined(reason="nothing says whose it is")
    try:
        events = read_events(body, letter.damaged, arrived)
    except Unidentified as error:
        return Quarantined(reason=str(error))
    return Accepted(events=events, flags=_flags(letter, events))


def _flags(letter: Letter, events: tuple[Event, ...]) -> tuple[str, ...]:
    found = {
        Flag.DAMAGED: bool(letter.damaged),
        Flag.CLOCK: any(is_far(event.at, event.arrived) for event in events),
        Flag.SIMULATOR: any(event.simulator for event in events),
        Flag.UNCLEAR: any(not event.recipient and event.kind not in _NAMELESS for event in events),
        Flag.UNKNOWN: any(event.kind is Kind.UNKNOWN for event in events),
    }
    return tuple(flag.value for flag, is_set in found.items() if is_set)


# Kinds that blame nobody, so that having no recipient is no loss.
_NAMELESS = (
    Kind.AMBIGUOUS_COMPLAINT,
    Kind.IGNORED_COMPLAINT,
    Kind.VIRUS,
    Kind.REJECT,
    Kind.OTHER,
    Kind.UNKNOWN,
)


def _combine(parts: list[Parsed]) -> Parsed:
    """One outcome for a message: a forged part condemns it all, an unreadable one only flags it."""
    if len(parts) == 1:
        return parts[0]
    bad = [part for part in parts if isinstance(part, Quarantined)]
    good = [part for part in parts if isinstance(part, Accepted)]
    forged = [part for part in bad if part.security]
    if forged:
        return forged[0]
    if not good:
        return bad[0] if bad else parts[0]
    flags = {flag: None for part in good for flag in part.flags} | ({Flag.PARTIAL.value: None} if bad else {})
    return Accepted(events=tuple(event for part in good for event in part.events), flags=tuple(flags))
