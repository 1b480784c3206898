"""Raw records: every byte of every message comes back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.feedback.raw import decode_quarantine, decode_raw, encode_quarantine, encode_raw
from provisioner.feedback.stored import BrokenObject, pack
from provisioner.ports import Message

SENT = datetime(2026, 11, 17, 9, 16, tzinfo=UTC)
BODIES = [b"", b"{}", "bücher\n\u2028\0".encode(), b"\xff\xfe", b'"\\' * 50, b"\xed\xa0\x80"]


def message(number, body):
    return Message(id=f"id-{number}", receipt="secret-receipt", body=body, sent=SENT)


@settings(deadline=None)
@given(st.lists(st.sampled_from(BODIES) | st.binary(max_size=80), max_size=8))
def test_every_byte_comes_back(bodies):
    messages = [message(number, body) for number, body in enumerate(bodies)]
    data = encode_raw(messages)
    assert data == encode_raw(messages)
    found = list(decode_raw([data[:20], data[20:]]))
    assert [(r.id, r.sent, r.content) for r in found] == [(m.id, m.sent, m.body) for m in messages]


def test_receipts_are_not_kept():
    assert b"secret-receipt" not in encode_quarantine(message(1, b"x"), "broken")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("security", [True, False])
def test_quarantine_keeps_body_and_reason(body, security):
    record = decode_quarantine(encode_quarantine(message(1, body), "names another set", security=security))
    assert (record.content, record.reason, record.security) == (body, "names another set", security)


WHOLE = encode_raw([message(1, b"x"), message(2, b"y")])


BROKEN = {
    "empty": b"",
    "truncated": WHOLE[:-3],
    "not gzip": b"text",
    "empty record": pack(b"{}\n"),
    "no time": pack(b'{"id":"a","sent":"yesterday"}\n'),
    "no base64": pack(b'{"id":"a","sent":"2026-11-17T09:16:00Z","base64":"?"}\n'),
    "deep": pack(b"[" * 99_999 + b"\n"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_broken_objects_are_named(data):
    """A7."""
    with pytest.raises(BrokenObject, match=r"^feedback/day/bakery/x"):
        list(decode_raw(data, name="feedback/day/bakery/x"))


def test_broken_quarantine():
    with pytest.raises(BrokenObject):
        decode_quarantine(b"{}")
