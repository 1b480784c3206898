"""Addresses: one form for one mailbox, other mailboxes kept apart, the unreadable never blocked."""

import pytest
from feedback_samples import ARRIVED, BAKERY, changed, in_envelope, recorded
from hypothesis import given
from hypothesis import strategies as st

from provisioner.feedback.address import LONGEST, normalise, same_mailbox
from provisioner.feedback.parse import parse_message
from provisioner.feedback.recipients import Destinations
from provisioner.model.event import Kind

FORMS = {  # B15, B17
    "plain": ("jane@customer.example", "jane@customer.example"),
    "capitals": ("Jane.Doe@Customer.Example", "jane.doe@customer.example"),
    "trailing dot": ("jane@customer.example.", "jane@customer.example"),
    "spaces around": ("  jane@customer.example \n", "jane@customer.example"),
    "angle brackets": ("<jane@customer.example>", "jane@customer.example"),
    "name": ("Jane Doe <jane@customer.example>", "jane@customer.example"),
    "name in quotes": ('"Doe, Jane" <jane@customer.example>', "jane@customer.example"),
    "name like an address": ('"x@y.example <z@y.example>" <jane@customer.example>', "jane@customer.example"),
    "encoded name": ("=?utf-8?b?SsOkbmU=?= <jane@customer.example>", "jane@customer.example"),
    "all encoded": ("=?utf-8?q?jane=40customer=2Eexample?=", "jane@customer.example"),
    "comment": ("jane@customer.example (Jane)", "jane@customer.example"),
    "report form": ("rfc822; jane@customer.example", "jane@customer.example"),
    "needless quotes": ('"jane.doe"@customer.example', "jane.doe@customer.example"),
    "needed quotes": ('"a."@docomo.example', '"a."@docomo.example'),
    "quoted bracket": ('<"a<b"@customer.example>', '"a<b"@customer.example'),
    "double dots": ("a..b@docomo.example", "a..b@docomo.example"),
    "wild": ("*@gmail.com", "*@gmail.com"),
    "percent": ("a%b@customer.example", "a%b@customer.example"),
    "IDN": ("jane@bücher.example", "jane@xn--bcher-kva.example"),
    "IDN in capitals": ("jane@BÜCHER.example", "jane@xn--bcher-kva.example"),
    "IDN, decomposed": ("jane@bu\u0308cher.example", "jane@xn--bcher-kva.example"),
    "A-label": ("jane@XN--BCHER-KVA.example", "jane@xn--bcher-kva.example"),
    "ideographic dot": ("jane@bücher。example", "jane@xn--bcher-kva.example"),
    "SMTPUTF8": ("JÄNE@customer.example", "jäne@customer.example"),
    "SMTPUTF8, decomposed": ("ja\u0308ne@customer.example", "jäne@customer.example"),
    "address literal": ("jane@[192.0.2.1]", "jane@[192.0.2.1]"),
    "host without dot": ("root@localhost", "root@localhost"),
}
UNREADABLE = [
    "", "@", "jane", "jane@", "@customer.example", "jane doe@customer.example", "jane@customer..example",
    "jane@customer example", "jane\x00@customer.example", "jane\u202e@customer.example", "jane\ud800@customer.example",
    '"jane@customer.example', "jane@-..-", "Jane <jane@customer.example", "Jane jane@customer.example>", ">", "<>",
    "undisclosed-recipients:;", "a@b@c.example", f"{'a' * 400}@customer.example", f"{'x' * 5000} <a@b.example>",
    f"a@{'b' * 300}.example", "jane@\u200b", "=?utf-8?b?!?=", "=?no-such-charset?q?a=40b?=", "jane@xn--ü.example",
]  # fmt: skip


@pytest.mark.parametrize(("text", "address"), FORMS.values(), ids=FORMS)
def test_one_form(text, address):
    assert normalise(text) == address
    assert normalise(address) == address


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: ascii(text)[:40])
def test_unreadable(text):
    assert normalise(text) == ""


@pytest.mark.parametrize("other", ["jane+shop@gmail.com", "j.ane@gmail.com", "jane@googlemail.com", "janë@gmail.com"])
def test_other_mailboxes_stay_other(other):
    """B16: blocking one must not block the others."""
    assert len({normalise("jane@gmail.com"), normalise(other)}) == 2


@given(st.text(max_size=60) | st.from_regex(r"[^\s@]{1,20}@[^\s@]{1,20}", fullmatch=True))
def test_normalising_is_stable_and_bounded(text):
    address = normalise(text)
    assert normalise(address) == address
    assert len(address) <= LONGEST
    assert address == "" or ("@" in address and address.isprintable())


def test_same_mailbox_knows_needless_quotes():
    assert same_mailbox('"a."@b.example') == same_mailbox("a.@b.example")
    assert same_mailbox('"a b"@b.example') == '"a b"@b.example'


JANE, JOE = "jane@customer.example", "joe@other.example"


@pytest.mark.parametrize(
    ("destination", "reported", "recipient"),
    [
        ([JANE], JANE, JANE),
        (["Jane <JANE@Customer.Example>"], JANE, JANE),
        ([JANE], "somewhere@else.example", JANE),  # forwarded
        ([JANE], "no address at all", JANE),
        ([JANE, JANE], "somewhere@else.example", JANE),
        ([JANE, JOE], "somewhere@else.example", ""),  # forwarded by whom?
        ([JANE, JOE], JOE, JOE),
        ([JANE, "unreadable"], "somewhere@else.example", ""),
        (["unreadable"], "somewhere@else.example", ""),
        (["a.@docomo.example", JOE], '"a."@docomo.example', "a.@docomo.example"),
        (["jane@bücher.example", JOE], "jane@xn--bcher-kva.example", "jane@xn--bcher-kva.example"),
        ([], JANE, ""),
        (None, JANE, ""),
        ([JANE], None, ""),
    ],
)
def test_the_address_written_to_is_the_one(destination, reported, recipient):
    """B18."""
    assert Destinations(destination, trusted=True).find(reported, 0).recipient == recipient


def test_damaged_destinations_name_nobody():
    assert Destinations([JANE], trusted=False).find(JANE, 0).recipient == ""


def bounced(people, destination):
    listed = [{"emailAddress": a, "action": action, "status": status} for a, action, status in people]
    event = changed(recorded("bounce-permanent-general"), ("bounce", "bouncedRecipients"), listed)
    body = in_envelope(changed(event, ("mail", "destination"), destination))
    return parse_message(body, BAKERY, arrived=ARRIVED).events


def test_unclear_recipients_of_one_bounce_are_counted_apart():
    people = [("x@else.example", "failed", "5.1.1"), ("y@else.example", "failed", "5.1.1")]
    events = bounced(people, [JANE, JOE])
    assert [(event.kind, event.recipient) for event in events] == [(Kind.HARD, "")] * 2
    assert len({event.id for event in events}) == 2
    assert {event.id for event in bounced(people[::-1], [JANE, JOE])} == {event.id for event in events}


def test_of_two_reports_about_one_address_the_milder_is_believed():
    people = [("x@else.example", "failed", "5.1.1"), ("y@else.example", "delayed", "4.4.1")]
    assert [(event.kind, event.recipient) for event in bounced(people, [JANE])] == [(Kind.DELAY, JANE)]


def test_forwarding_to_a_relay_address_is_no_hard_bounce():
    people = [("abc@privaterelay.appleid.com", "failed", "5.1.1")]
    assert [(event.kind, event.recipient) for event in bounced(people, [JANE])] == [(Kind.RELAY, JANE)]
