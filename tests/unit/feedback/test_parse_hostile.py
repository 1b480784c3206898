"""What is forged, foreign, broken or bent: set aside with a reason, or counted without blaming anybody."""

import json

import pytest
from feedback_samples import ARRIVED, BAKERY, DROP, TOPIC, changed, in_envelope, in_lambda, paths, recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.feedback.envelope import topic_of
from provisioner.feedback.parse import Accepted, Control, Flag, Quarantined, parse_message
from provisioner.feedback.parse import parse_unguarded as unguarded
from provisioner.model.event import Kind

BOUNCE = recorded("bounce-permanent-general")
COMPLAINT = recorded("complaint-abuse")
OTHER_TOPIC = TOPIC.replace("bakery", "rival")


def parse(body, **kw):
    return parse_message(body, BAKERY, arrived=ARRIVED, **kw)


def with_tag(name, value):
    return changed(BOUNCE, ("mail", "tags", name), [value])


def with_mail(name, value):
    return changed(recorded("bounce-permanent-identity"), ("mail", name), value)


FOREIGN = {
    "B1 another set": with_tag("ses:configuration-set", "innkeeper-rival"),
    "B1 one of two sets": changed(BOUNCE, ("mail", "tags", "ses:configuration-set"), ["innkeeper-bakery", "x"]),
    "B4 another domain": with_tag("ses:from-domain", "rival.example"),
    "B4 a domain that ends alike": with_tag("ses:from-domain", "notbakery.example"),
    "B4 another tenant's user": with_tag("ses:caller-identity", "innkeeper-rival-smtp"),
    "B4 another SES tenant": with_tag("ses:tenant-name", "innkeeper-rival"),
    "B4 another account": with_mail("sendingAccountId", "999900001111"),
    "B4 another account's identity": with_mail(
        "sourceArn", "arn:aws:ses:eu-west-1:999900001111:identity/bakery.example"
    ),
    "B4 another identity": with_mail("sourceArn", "arn:aws:ses:eu-west-1:111122223333:identity/rival.example"),
}


@pytest.mark.parametrize("event", FOREIGN.values(), ids=FOREIGN)
def test_foreign_events_are_set_aside_as_a_security_matter(event):
    for body in (in_envelope(event), json.dumps(event).encode()):
        parsed = parse(body)
        assert isinstance(parsed, Quarantined)
        assert parsed.security


@pytest.mark.parametrize(
    "body",
    [
        in_envelope(BOUNCE, TopicArn=OTHER_TOPIC),
        in_envelope(BOUNCE, TopicArn=None),
        in_envelope(BOUNCE, TopicArn=7),
        in_envelope("Successfully validated SNS topic for Amazon SES event publishing.", TopicArn=OTHER_TOPIC),
        in_envelope("x", Type="SubscriptionConfirmation", TopicArn=OTHER_TOPIC),
        in_envelope(in_envelope(BOUNCE, TopicArn=OTHER_TOPIC).decode()),
        in_lambda(sns=json.loads(in_envelope(BOUNCE, TopicArn=OTHER_TOPIC))),
        json.dumps(
            {"Records": [{"body": in_envelope(BOUNCE, TopicArn=t).decode()} for t in (TOPIC, OTHER_TOPIC)]}
        ).encode(),
    ],
)
def test_another_topic_is_a_security_matter(body):
    """B2, B3: whatever the signature, and also for one record among good ones."""
    parsed = parse(body)
    assert isinstance(parsed, Quarantined)
    assert parsed.security


OWN = {
    "sub-domain": with_tag("ses:from-domain", "shop.bakery.example"),
    "capitals": with_tag("ses:from-domain", "Bakery.Example"),
    "the operator's canary": with_tag("ses:caller-identity", "admin"),
    "address identity": with_mail("sourceArn", "arn:aws:ses:eu-west-1:111122223333:identity/wordpress@bakery.example"),
    "own SES tenant": with_tag("ses:tenant-name", "innkeeper-bakery"),
}


@pytest.mark.parametrize("event", OWN.values(), ids=OWN)
def test_own_events_are_accepted(event):
    assert isinstance(parse(in_envelope(event)), Accepted)


def test_raw_body_that_says_nothing_of_its_origin_is_set_aside():
    event = changed(recorded("bounce-permanent-identity"), ("mail", "sourceArn"), DROP)
    assert parse(json.dumps(event).encode()) == Quarantined(reason="nothing says whose it is")
    assert isinstance(parse(in_envelope(event)), Accepted), "the topic says whose it is"


CONTROL = {
    "B5": (in_envelope("Successfully validated SNS topic for Amazon SES event publishing."), "validation"),
    "B5 raw": (b"Successfully validated SNS topic for Amazon SES event publishing.", "validation"),
    "B6": (
        in_envelope(
            "You have chosen to subscribe", Type="SubscriptionConfirmation", SubscribeURL="http://127.0.0.1:1/"
        ),
        "subscription-confirmation",
    ),
    "B6 unsubscribe": (in_envelope("x", Type="UnsubscribeConfirmation"), "unsubscribe-confirmation"),
    "identity": (in_envelope({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "…"}), "subscribed"),
}


@pytest.mark.parametrize(("body", "kind"), CONTROL.values(), ids=CONTROL)
def test_control_messages_are_recognised(body, kind):
    parsed = parse(body)
    assert isinstance(parsed, Control)
    assert parsed.kind == kind
    assert "127.0.0.1" not in parsed.note


POISON = {
    "empty": b"",
    "spaces": b" \n",
    "null": b"null",
    "list": b"[]",
    "text": b'"Bounce"',
    "number": b"17",
    "cut": json.dumps(BOUNCE).encode()[:-40],
    "deep list": b"[" * 100_000,
    "deep field": b'{"eventType":"Bounce","x":' + b"[" * 100_000,
    "deep text": json.dumps({"Type": "Notification", "TopicArn": TOPIC, "Message": '{"a":' * 50_000}).encode(),
    "1 MiB": json.dumps(BOUNCE).encode() + b" " * 1_048_576,
    "invalid UTF-8": json.dumps(BOUNCE).encode().replace(b"jane", b"j\xffne"),
    "UTF-16": json.dumps(BOUNCE).encode("utf-16"),
    "lone surrogate": json.dumps(BOUNCE).encode().replace(b"jane", b"\\ud800"),
    "NUL": json.dumps(BOUNCE).encode().replace(b"jane", b"j\x00ne"),
    "no records": b'{"Records":[]}',
    "strange record": b'{"Records":[{"s3":{}}]}',
    "no ids": in_envelope({"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}, "mail": {}}),
    "no type": in_envelope({"mail": BOUNCE["mail"]}),
    "two blocks, no type": in_envelope({k: v for k, v in (BOUNCE | COMPLAINT).items() if k != "eventType"}),
    "no message": in_envelope(BOUNCE, Message=None),
    "unknown envelope": in_envelope(BOUNCE, Type="Telegram"),
    "huge number": in_envelope('{"eventType":1,"x":1e999}'),
    "crowd": in_envelope(changed(BOUNCE, ("bounce", "bouncedRecipients"), [{"emailAddress": "a@b.c"}] * 1001)),
}


@pytest.mark.parametrize("body", POISON.values(), ids=POISON)
def test_poison_is_set_aside_with_a_reason(body):
    """A10, B9: never an exception, never an event."""
    parsed = parse(body)
    assert isinstance(parsed, Quarantined)
    assert parsed.reason
    assert not parsed.security
    assert "parser failed" not in parsed.reason


def test_wrapped_without_end():
    body = in_envelope(BOUNCE)
    for _ in range(6):
        body = in_envelope(body.decode())
    assert parse(body) == Quarantined(reason="is wrapped too often")


def test_one_unreadable_record_does_not_hide_the_others():
    records = [{"body": in_envelope(BOUNCE).decode()}, {"body": "{"}]
    parsed = parse(json.dumps({"Records": records}).encode())
    assert [event.kind for event in parsed.events] == [Kind.HARD]
    assert Flag.PARTIAL in parsed.flags


SLOW = {  # each a body of up to 1 MiB that naive reading takes minutes for
    "spaces in a stamp": changed(BOUNCE, ("bounce", "timestamp"), "2026-11-17T09:15:02" + " " * 900_000 + "x"),
    "spaces in an address": changed(
        BOUNCE, ("bounce", "bouncedRecipients"), [{"emailAddress": "x" + " " * 900 + "("}] * 900
    ),
    "many destinations": changed(
        changed(BOUNCE, ("mail", "destination"), [f'"{n}"@b.example' for n in range(15_000)]),
        ("bounce", "bouncedRecipients"),
        [{"emailAddress": f"x{n}@b.example"} for n in range(1000)],
    ),
    "long domain": changed(BOUNCE, ("mail", "destination"), ["jane@" + "ü" * 3000]),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("event", SLOW.values(), ids=SLOW)
def test_no_message_takes_long(event):
    assert isinstance(unguarded(in_envelope(event), BAKERY, ARRIVED), Accepted)


@pytest.mark.parametrize("depth", [100, 300, 500, 800, 900, 950, 990, 1000, 1500])
def test_nested_nearly_too_deeply(depth):
    """B9: reading it may work while writing it fails."""
    message = '{"a":' * depth + "1" + "}" * depth
    body = b'{"Type":"Notification","TopicArn":"%s","Message":%s}' % (TOPIC.encode(), message.encode())
    assert isinstance(unguarded(body, BAKERY, ARRIVED), Quarantined)
    assert topic_of(body) in (TOPIC, None)


@pytest.mark.parametrize("body", [in_envelope(BOUNCE), in_lambda(body=in_envelope(BOUNCE).decode())])
def test_topic_of_a_dead_letter(body):
    assert topic_of(body) == TOPIC


@pytest.mark.parametrize("body", [json.dumps(BOUNCE).encode(), b"[" * 9999, in_envelope(BOUNCE, TopicArn=None)])
def test_no_topic(body):
    assert topic_of(body) is None


# -- B8: fields dropped or of another type, one at a time ------------------------------------------------

SAMPLES = ("bounce-permanent-general", "bounce-failed-and-delayed", "complaint-abuse", "delivery", "reject-virus")
INSTEAD = (DROP, None, 7, "x", "", [], {}, [None], [[]], {"a": 1}, True)
# Absent by the documents in genuine events too; all else has to be there before anybody is blocked.
OPTIONAL = {"status", "action", "diagnosticCode", "complaintFeedbackType", "complaintSubType"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_field_dropped_or_retyped(name):
    """B8: no exception, and no strike on an address that the whole event would not have struck."""
    event = recorded(name)
    whole = unguarded(in_envelope(event), BAKERY, ARRIVED)
    struck = {(e.kind, e.recipient) for e in whole.events}
    for path in paths(event):
        for value in INSTEAD:
            parsed = unguarded(in_envelope(changed(event, path, value)), BAKERY, ARRIVED)
            if isinstance(parsed, Accepted) and path[-1] not in OPTIONAL:
                blamed = {(e.kind, e.recipient) for e in parsed.events if e.kind in STRIKES and e.recipient}
                assert blamed <= struck, (path, value)


STRIKES = (Kind.HARD, Kind.SOFT, Kind.COMPLAINT)
DECISIVE = [
    ("mail", "destination"),
    ("bounce", "bounceType"),
    ("bounce", "bounceSubType"),
    ("bounce", "bouncedRecipients"),
    ("bounce", "bouncedRecipients", 0, "emailAddress"),
]


@pytest.mark.parametrize("path", DECISIVE, ids=str)
@pytest.mark.parametrize("value", [DROP, None, 7, {"a": 1}], ids=["dropped", "null", "number", "object"])
def test_without_a_decisive_field_the_bounce_counts_but_nobody_is_blamed(path, value):
    parsed = parse(in_envelope(changed(BOUNCE, path, value)))
    assert [event.recipient for event in parsed.events] == [""]
    assert Flag.UNCLEAR in parsed.flags


@pytest.mark.parametrize("name", ["status", "action"])
def test_retyped_status_is_not_guessed(name):
    parsed = parse(in_envelope(changed(BOUNCE, ("bounce", "bouncedRecipients", 0, name), 5)))
    assert [(event.kind, event.recipient) for event in parsed.events] == [(Kind.UNDETERMINED, "")]
    assert Flag.DAMAGED in parsed.flags


@pytest.mark.parametrize("name", ["complaintFeedbackType", "complaintSubType"])
def test_retyped_complaint_might_be_the_opposite(name):
    parsed = parse(in_envelope(changed(COMPLAINT, ("complaint", name), ["not-spam"])))
    assert [(event.kind, event.recipient) for event in parsed.events] == [(Kind.UNKNOWN, "")]


def test_candidate_list_with_a_hole_is_ambiguous():
    listed = [{"emailAddress": "jane@customer.example"}, 7]
    parsed = parse(in_envelope(changed(COMPLAINT, ("complaint", "complainedRecipients"), listed)))
    assert [(event.kind, event.recipient) for event in parsed.events] == [(Kind.AMBIGUOUS_COMPLAINT, "")]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"eventType": "Bounce"}, Kind.UNDETERMINED),
        ({"eventType": "Complaint"}, Kind.UNKNOWN),
        ({"eventType": "Delivery"}, Kind.DELIVERY),
        ({"eventType": "Reject"}, Kind.REJECT),
        ({"eventType": "Delivery", "bounce": BOUNCE["bounce"]}, Kind.UNKNOWN),
        ({"eventType": "Send"}, Kind.OTHER),
    ],
)
def test_known_type_without_its_block(event, kind):
    parsed = parse(in_envelope(event | {"mail": BOUNCE["mail"]}))
    assert [event.kind for event in parsed.events] == [kind]
    assert kind is Kind.OTHER or parsed.events[0].recipient == ""


@pytest.mark.parametrize("name", [None, "", "Bounce, Complaint, or Delivery."])
def test_missing_type_is_told_by_the_block(name):
    event = changed(BOUNCE, ("eventType",), DROP) | ({"notificationType": name} if name is not None else {})
    assert [event.kind for event in parse(in_envelope(event)).events] == [Kind.HARD]


def test_message_as_an_object():
    """Some test tools put the event into the envelope as JSON, not as text."""
    body = json.loads(in_envelope(BOUNCE)) | {"Message": BOUNCE}
    assert [event.kind for event in parse(json.dumps(body).encode()).events] == [Kind.HARD]


# -- anything at all ------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMES = sorted({step for name in SAMPLES for path in paths(recorded(name)) for step in path if isinstance(step, str)})
SHAPED = st.recursive(
    st.none() | st.integers() | st.text() | st.sampled_from(["Bounce", "Permanent", "General", "a@b.c", "5.1.1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_and_any_json(body):
    """B9, without the safety net."""
    unguarded(body, BAKERY, ARRIVED)
    unguarded(in_envelope(body.decode("latin-1")), BAKERY, ARRIVED)
    topic_of(body)


@settings(max_examples=150, deadline=None)
@given(SHAPED, st.sampled_from(SAMPLES), st.data())
def test_any_json_in_any_place(value, name, data):
    event = recorded(name)
    path = data.draw(st.sampled_from(list(paths(event))))
    parsed = unguarded(in_envelope(changed(event, path, value)), BAKERY, ARRIVED)
    assert isinstance(parsed, Accepted | Quarantined | Control)


def test_a_fault_of_the_parser_becomes_a_quarantine(monkeypatch):
    """A10: the last resort, so that no message can stop a batch."""
    monkeypatch.setattr("provisioner.feedback.parse.open_letters", lambda body: 1 / 0)
    parsed = parse(in_envelope(BOUNCE))
    assert isinstance(parsed, Quarantined)
    assert "ZeroDivisionError" in parsed.reason
