"""J1, one object at a time: every spelling of the person goes, nobody else does, and what is left is read as before."""

import base64
import gzip
import json

import pytest
from feedback_samples import in_envelope
from ses_events import NOW

from provisioner.errors import InnkeeperError
from provisioner.feedback import erase
from provisioner.feedback.erase import ERASED, Person
from provisioner.feedback.facts import decode_facts, encode_facts
from provisioner.feedback.raw import decode_quarantine, decode_raw, encode_quarantine, encode_raw
from provisioner.feedback.stored import BrokenObject
from provisioner.model.event import Event, Kind
from provisioner.ports import Message

ANNA = Person("Anna.M@Bücher.example")
HERS = "anna.m@xn--bcher-kva.example"

NAMED = [
    HERS,
    "ANNA.M@XN--BCHER-KVA.EXAMPLE",
    "anna.m@bücher.example",
    "Anna <anna.m@BÜCHER.example>",
    f"smtp; 550 5.1.1 <{HERS}>: unknown",
    f"to='{HERS}'",
    f"rcpt={HERS}.",
    f'"anna.m"@{HERS.partition("@")[2]}',
    f"mailto:{HERS}",
    f"{HERS}, joanna@mail.example",
    "=?utf-8?q?anna=2Em=40b=C3=BCcher=2Eexample?=",
]
OTHERS = [
    "",
    "nobody",
    "anna.m",
    f"jo{HERS}",
    f"jo.{HERS}",
    f"x+{HERS}",
    f"{HERS}.org",
    f"{HERS}s",
    "anna.m@mail.bücher.example",
    "anna.m@b.example",
    "=?utf-8?q?hello?=",
]


@pytest.mark.parametrize("text", NAMED)
def test_every_spelling_is_found_and_cut(text):
    assert ANNA.is_in(text)
    left = ANNA.cut(text)
    assert ERASED in left
    assert not ANNA.is_in(left)
    assert ("joanna@mail.example" in left) == ("joanna" in text)


@pytest.mark.parametrize("text", OTHERS)
def test_nobody_else_is_touched(text):
    assert ANNA.cut(text) == text


def test_as_a_page_writes_it():
    odd = Person("o'neil&sons@mail.example")
    page = b"<td>o&#39;neil&amp;sons@mail.example</td><td>neil@mail.example</td>"
    assert erase.erase_text(page, "p", odd) == f"<td>{ERASED}</td><td>neil@mail.example</td>".encode()
    assert erase.erase_text(b"<td>neil@mail.example</td>", "p", odd) is None


@pytest.mark.parametrize("text", ["", "berta", "@post.example", "berta@", "a b@post.example"])
def test_what_is_no_address_is_refused_and_not_repeated(text):
    with pytest.raises(InnkeeperError) as caught:
        Person(text)
    assert not text or text not in "\n".join([str(caught.value), caught.value.hint])


def event(kind, to, number, **more):
    at = 1_795_000_000_000 + number
    return Event(kind, f"event{number:07d}", at, at + 10, "", to, **more)


def test_facts_keep_what_happened_and_lose_to_whom():
    events = [
        event(Kind.DELIVERY, HERS, 1),
        event(Kind.DELIVERY, f"jo{HERS}", 2),
        event(Kind.HARD, HERS, 3, status="5.1.1", diagnostic=f"unknown {HERS}"),
        event(Kind.HARD, "ben@mail.example", 4, status="5.1.1", diagnostic=f"{HERS} forwards here"),
    ]
    body = encode_facts("bakery", events)
    left = erase.erase_facts(body, "facts/x", "bakery", ANNA)
    found = {one.id: one for one in decode_facts(left, tenant="bakery")}
    assert [(one.id, one.kind, one.at, one.status) for one in events] == [
        (one.id, one.kind, one.at, one.status) for one in sorted(found.values(), key=lambda one: one.id)
    ]
    assert [found[one.id].recipient for one in events] == ["", f"jo{HERS}", "", "ben@mail.example"]
    assert found["event0000003"].diagnostic == ""
    assert found["event0000004"].diagnostic == f"{ERASED} forwards here"
    assert erase.erase_facts(left, "facts/x", "bakery", ANNA) is None


def raw(number, body):
    return Message(f"m{number}", "r", body, NOW)


def test_a_raw_record_goes_as_a_whole_however_deep_the_address_is():
    """Escaped JSON within JSON, and what is no text at all."""
    to_her = {"eventType": "Delivery", "mail": {"messageId": "1", "destination": ["Anna <anna.m@bücher.example>"]}}
    to_ben = {"eventType": "Delivery", "mail": {"messageId": "2", "destination": ["ben@mail.example"]}}
    messages = [
        raw(1, in_envelope(to_her)),
        raw(2, in_envelope(to_ben)),
        raw(3, json.dumps({"Records": [{"body": in_envelope(to_her).decode()}]}).encode()),
        raw(4, b"\xff\xfe " + HERS.encode()),
        raw(5, b"poison \xff"),
    ]
    left = erase.erase_raw(encode_raw(messages), "feedback/x", ANNA)
    assert [record.id for record in decode_raw(left)] == ["m2", "m5"]
    assert erase.erase_raw(left, "feedback/x", ANNA) is None


def test_a_message_set_aside_keeps_its_reason_only():
    body = encode_quarantine(raw(1, b"\xff " + HERS.encode()), f"cannot be read: {HERS}", security=True)
    left = erase.erase_quarantine(body, "quarantine/x", ANNA)
    record = decode_quarantine(left)
    assert (record.id, record.sent, record.security) == ("m1", NOW, True)
    assert record.reason == f"cannot be read: {ERASED}"
    assert HERS.encode() not in left
    assert base64.b64encode(HERS.encode()) not in left
    assert erase.erase_quarantine(left, "quarantine/x", ANNA) is None


def test_notes_and_working_copies():
    note = {"blocks": {HERS: {"by": "Eve"}, "ben@mail.example": 1}, "list": [HERS, 3, None], "at": 1.5}
    left = json.loads(erase.erase_json(json.dumps(note).encode(), "verdicts/x.json", ANNA))
    assert left == {"blocks": {ERASED: {"by": "Eve"}, "ben@mail.example": 1}, "list": [ERASED, 3, None], "at": 1.5}
    assert erase.erase_json(json.dumps(left).encode(), "verdicts/x.json", ANNA) is None
    copy = gzip.compress(json.dumps([note]).encode())
    assert gzip.decompress(erase.erase_working_copy(copy, "runs/x.json.gz", ANNA)) == b"[]"
    assert erase.erase_working_copy(gzip.compress(b'["ben@mail.example"]'), "runs/x.json.gz", ANNA) is None


@pytest.mark.parametrize(
    "eraser", [erase.erase_raw, erase.erase_quarantine, erase.erase_json, erase.erase_text, erase.erase_working_copy]
)
def test_what_cannot_be_read_is_refused_by_name(eraser):
    with pytest.raises(BrokenObject) as caught:
        eraser(b"\xff\xfe{", "that/key", ANNA)
    assert caught.value.name == "that/key"
