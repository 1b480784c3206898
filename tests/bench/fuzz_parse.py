"""Fuzz the parser: bytes as they come, bytes inside an envelope, and recorded events bent in one to three places.

    python tests/bench/fuzz_parse.py -max_total_time=300     with coverage guidance (pip install atheris)
    python tests/bench/fuzz_parse.py --seconds 300           without: random bytes and bent events

Nothing may raise, and whatever is accepted must hold what the rules rely on. A finding ends the run with a traceback.
"""

# ruff: noqa: PT017

import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS / "bench"), str(TESTS / "unit" / "feedback")]

atheris: Any = None
if __name__ == "__main__":
    with suppress(ImportError):
        import atheris

with atheris.instrument_imports(include=["provisioner"]) if atheris else nullcontext():
    import fuzzing
    from feedback_samples import ARRIVED, BAKERY, DROP, EVENTS, changed, in_envelope, in_lambda, paths

    from provisioner.feedback.address import normalise
    from provisioner.feedback.envelope import topic_of
    from provisioner.feedback.facts import decode_facts, encode_facts
    from provisioner.feedback.parse import Accepted, Control, Quarantined, parse_unguarded
    from provisioner.feedback.raw import decode_raw
    from provisioner.feedback.stored import BrokenObject, pack

RECORDED = [json.loads(path.read_text())["event"] for path in sorted(EVENTS.glob("*.json"))]
PATHS = [list(paths(event)) for event in RECORDED]
WORDS = ["Bounce", "Permanent", "Transient", "General", "failed", "5.7.1", "4.4.7", "\0", "\ud800", '"a."@b.example']
WORDS += [
    "a@privaterelay.appleid.com",
    "x@bücher.example",
    "=?utf-8?q?a=40b?=",
    "2026-11-17 09:00:00 +0100",
    "not-spam",
]


class Choices(fuzzing.Choices):
    """Decisions, and values for a place in an event."""

    def value(self):
        """A JSON value to put where something else was."""
        text = self.rest()[:40].decode("utf-8", "replace")
        plain = [DROP, None, True, -1, 1e300, 2**70, "", text, text * 40, [], {}, [text], {text: text}, [None, text]]
        picked = self.below(len(plain) + len(WORDS))
        return plain[picked] if picked < len(plain) else WORDS[picked - len(plain)]


def bent(choices):
    """A recorded event with some of its parts replaced."""
    which = choices.below(len(RECORDED))
    event = RECORDED[which]
    for _ in range(1 + choices.below(3)):
        path = PATHS[which][choices.below(len(PATHS[which]))]
        try:
            event = changed(event, path, choices.value())
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return event


def body_of(data):
    choices = Choices(data)
    match choices.below(6):
        case 0:
            return choices.rest()
        case 1:
            return in_envelope(choices.rest().decode("utf-8", "surrogateescape"))
        case 2:
            return in_lambda(body=choices.rest().decode("latin-1"))
        case 3:
            return json.dumps(bent(choices)).encode()
        case 4:
            return json.dumps({"Records": [{"body": in_envelope(bent(choices)).decode()} for _ in range(2)]}).encode()
        case _:
            return in_envelope(bent(choices))


def check(data):
    """What must hold for any bytes."""
    body = body_of(data)
    parsed = parse_unguarded(body, BAKERY, ARRIVED)
    assert parsed == parse_unguarded(body, BAKERY, ARRIVED)
    assert isinstance(parsed, Accepted | Control | Quarantined)
    topic_of(body)
    if isinstance(parsed, Quarantined):
        assert parsed.reason
    if isinstance(parsed, Accepted):
        check_events(parsed.events)
    check_storage(data)


def check_events(events):
    assert events
    for event in events:
        assert normalise(event.recipient) == event.recipient
        assert len(event.diagnostic) <= 200
        assert event.id
        assert event.recipients >= 1
        assert -(2**53) < event.at < 2**53
    stored = list(decode_facts(encode_facts("bakery", events)))
    assert {event.id for event in stored} == {event.id for event in events}
    assert {(event.id, event.kind) for event in stored} <= {(event.id, event.kind) for event in events}


def check_storage(data):
    """Anything that claims to be a stored object is read whole or refused, the claim being more or less good."""
    header = b'{"schema":1,"tenant":"bakery","rows":%d,"events":%d}\n' % (data[:1].count(b"a"), data[:2].count(b"b"))
    for stored in (data, pack(data), pack(header + data + b"\n")):
        for decode in (decode_facts, decode_raw):
            try:
                list(decode(stored))
            except BrokenObject as error:
                assert error.name


def fuzz_blindly(seed, count):
    """Try ``count`` inputs without coverage guidance."""
    fuzzing.blindly(check, seed, count)


if __name__ == "__main__":
    fuzzing.main(check, atheris, __doc__)
