"""From a real SMTP client to the tenant's queue: what SES publishes about each mail."""

import email
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioner.sandbox import publish
from provisioner.sandbox.clock import clock_for
from provisioner.sandbox.mime import EICAR
from provisioner.sandbox.payloads import Bounce, Complaint, DeliveryDelay, Recipient
from provisioner.sandbox.state import Suppressed, Suppression

SIMULATOR = "simulator.amazonses.com"


def shape(event):
    """Type, sub-type or reason, and the recipients concerned."""
    kind = event["eventType"]
    block = event[kind[0].lower() + kind[1:]]
    who = block.get("bouncedRecipients") or block.get("complainedRecipients") or block.get("recipients") or []
    detail = block.get("bounceSubType") or block.get("complaintFeedbackType") or block.get("reason") or ""
    return kind, detail, sorted(r if isinstance(r, str) else r["emailAddress"] for r in who)


CASES = {
    "success": ["success"],
    "label": ["success+order-17"],
    "bounce": ["bounce"],
    "complaint": ["complaint"],
    "out of office": ["ooto"],
    "global suppression list": ["suppressionlist"],
    "several bounces are merged": ["bounce+a", "bounce+b", "success"],
}
EXPECTED = {
    "success": [("Delivery", "", ["success"])],
    "label": [("Delivery", "", ["success+order-17"])],
    "bounce": [("Bounce", "General", ["bounce"])],
    "complaint": [("Delivery", "", ["complaint"]), ("Complaint", "abuse", ["complaint"])],
    "out of office": [("Delivery", "", ["ooto"]), ("Bounce", "General", ["ooto"])],
    "global suppression list": [("Bounce", "Suppressed", ["suppressionlist"])],
    "several bounces are merged": [("Delivery", "", ["success"]), ("Bounce", "General", ["bounce+a", "bounce+b"])],
}


@pytest.mark.parametrize("case", CASES)
def test_the_mailbox_simulator(bakery, state, case):
    message_id = bakery.send(*(f"{local}@{SIMULATOR}" for local in CASES[case]))
    events = bakery.events()
    expected = [(kind, detail, [f"{a}@{SIMULATOR}" for a in who]) for kind, detail, who in EXPECTED[case]]
    assert sorted(shape(e) for e in events) == sorted([("Send", "", []), *expected])
    assert {e["mail"]["messageId"] for e in events} == {message_id}
    assert not state.suppressed


def test_out_of_office_has_no_status_at_all(bakery):
    """C1: what tells an automatic reply from a soft bounce."""
    bakery.send(f"ooto@{SIMULATOR}")
    bounce = next(e["bounce"] for e in bakery.events() if e["eventType"] == "Bounce")
    assert bounce["bounceType"] == "Transient"
    assert bounce["bouncedRecipients"] == [{"emailAddress": f"ooto@{SIMULATOR}"}]
    assert "reportingMTA" not in bounce


def test_the_envelope_of_sns_holds_json_text(bakery):
    bakery.send(f"success@{SIMULATOR}")
    for body in bakery.drain():
        assert isinstance(body["Message"], str)
        assert body["Message"].endswith("}\n")
        assert body["Subject"] == "Amazon SES Email Event Notification"
        assert (body["Type"], body["TopicArn"]) == ("Notification", bakery.topic_arn)


def test_the_mail_object_names_who_sent_what(bakery):
    bakery.send("guest@example.net", X_SES_MESSAGE_TAGS="campaign=spring, ses:caller-identity=root")
    mail = next(e["mail"] for e in bakery.events() if e["eventType"] == "Delivery")
    assert mail["source"] == "shop@bakery.example"
    assert mail["sourceArn"].endswith(":identity/bakery.example")
    assert mail["destination"] == ["guest@example.net"]
    assert mail["commonHeaders"]["from"] == ["The shop <shop@bakery.example>"]
    tags = mail["tags"]
    assert tags["ses:configuration-set"] == ["inn-bakery"]
    assert tags["ses:caller-identity"] == [bakery.user]  # a sender cannot forge SES's own tags
    assert tags["ses:from-domain"] == ["bakery.example"]
    assert tags["ses:source-ip"] == ["127.0.0.1"]
    assert tags["ses:operation"] == ["SendSmtpEmail"]
    assert tags["ses:source-tls-version"][0].startswith("TLSv1.")
    assert tags["campaign"] == ["spring"]
    assert "ses:tenant-name" not in tags


def test_what_the_recipient_gets(bakery, state):
    message_id = bakery.send(
        "guest@example.net", X_SES_TENANT="inn-bakery", Bcc="secret@example.net", Message_ID="<own@bakery.example>"
    )
    delivered = state.mailbox[-1]
    mail = email.message_from_bytes(delivered.raw)
    assert (delivered.message_id, delivered.recipient) == (message_id, "guest@example.net")
    assert not [name for name in mail if name.lower().startswith("x-ses-")]
    assert mail["Bcc"] is None
    assert mail.get_all("Message-ID") == [f"<{message_id}@eu-west-1.amazonses.com>"]
    assert mail.get_payload().strip() == "Your order is ready."


@pytest.mark.parametrize("encoding", ["base64", "plain"])
def test_a_virus_is_accepted_and_rejected_later(bakery, state, encoding):
    mail = bakery.mail("guest@example.net")
    if encoding == "base64":
        mail.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="invoice.com")
    else:
        mail.set_content(EICAR.decode())
    before = len(state.mailbox)
    with bakery.session() as client:
        client.send_message(mail)
    event = bakery.events()
    assert [shape(e) for e in event] == [("Reject", "Bad content", [])]
    assert event[0]["reject"] == {"reason": "Bad content"}
    assert event[0]["mail"]["destination"] == ["guest@example.net"]
    assert len(state.mailbox) == before


def suppressed(address, reason="BOUNCE"):
    return {address: Suppressed(address, reason, clock_for("210987654321").now())}


def test_account_list_echoes(bakery, state, monkeypatch):
    """C4: the echo of a block is a bounce, and the mail is not delivered."""
    monkeypatch.setattr(
        state, "suppressed", suppressed("gone@example.net") | suppressed("angry@example.net", "COMPLAINT")
    )
    before = len(state.mailbox)
    bakery.send("gone@EXAMPLE.net", "angry@example.net", "Gone@example.net")
    assert sorted(shape(e) for e in bakery.events()) == [
        ("Bounce", "OnAccountSuppressionList", ["gone@EXAMPLE.net"]),
        ("Delivery", "", ["Gone@example.net"]),  # the local part is compared in the case it was written
        ("Delivery", "", ["angry@example.net"]),  # the set's suppression reasons are BOUNCE only
        ("Send", "", []),
    ]
    assert len(state.mailbox) == before + 2


def test_tenant_list_counts_only_with_the_header(bakery, state, monkeypatch):
    monkeypatch.setattr(state.tenants["inn-bakery"], "suppressed", suppressed("gone@example.net"))
    monkeypatch.setattr(state, "suppressed", suppressed("other@example.net"))
    bakery.send("gone@example.net", "other@example.net", X_SES_TENANT="inn-bakery")
    events = bakery.events()
    assert sorted(shape(e) for e in events) == [
        ("Bounce", "OnTenantSuppressionList", ["gone@example.net"]),
        ("Delivery", "", ["other@example.net"]),  # scope TENANT skips the account's list
        ("Send", "", []),
    ]
    tags = {e["eventType"]: e["mail"]["tags"].get("ses:tenant-name") for e in events}
    assert tags == {"Bounce": ["inn-bakery"], "Delivery": None, "Send": None}
    bakery.send("gone@example.net")
    assert [shape(e)[0] for e in bakery.events()].count("Delivery") == 1


def test_a_set_may_switch_suppression_off(bakery, state, monkeypatch):
    monkeypatch.setattr(state, "suppressed", suppressed("gone@example.net"))
    monkeypatch.setattr(state.configuration_sets["inn-bakery"], "suppression", Suppression(()))
    bakery.send("gone@example.net")
    assert {shape(e)[0] for e in bakery.events()} == {"Send", "Delivery"}


def test_later_news_of_a_mail(bakery, state, monkeypatch):
    monkeypatch.setattr(state, "suppressed", {})
    message_id = bakery.send("guest@example.net")
    bakery.drain()
    now = clock_for("210987654321").now()
    news = [
        DeliveryDelay(recipients=(Recipient("guest@example.net", status="4.4.1"),), expires=now),
        Bounce(
            recipients=(Recipient("guest@example.net", "failed", "5.1.1", "smtp; 550 5.1.1 unknown"),),
            subtype="NoEmail",
        ),
        Complaint(recipients=("guest@example.net",)),
    ]
    for outcome in news:
        publish.report("210987654321", "eu-west-1", message_id, outcome)
    assert [shape(e)[0] for e in bakery.events()] == ["DeliveryDelay", "Bounce", "Complaint"]
    entry = state.suppressed["guest@example.net"]  # recorded as BOUNCE; the set does not record complaints
    assert (entry.reason, entry.message_id) == ("BOUNCE", message_id)


def test_events_reach_only_destinations_that_ask_for_them(bakery, state, monkeypatch):
    destination = state.configuration_sets["inn-bakery"].destinations["feedback"]
    monkeypatch.setattr(destination, "types", ("BOUNCE",))
    bakery.send(f"success@{SIMULATOR}", f"bounce@{SIMULATOR}")
    assert [e["eventType"] for e in bakery.events()] == ["Bounce"]
    monkeypatch.setattr(destination, "enabled", False)
    bakery.send(f"bounce@{SIMULATOR}")
    assert bakery.drain() == []


def test_the_first_message_of_a_destination(bakery, state):
    """B5: a plain sentence, no JSON."""
    destination = state.configuration_sets["inn-bakery"].destinations["feedback"]
    assert publish.announce("210987654321", "eu-west-1", "inn-bakery", destination)
    sentence = "Successfully validated SNS topic for Amazon SES event publishing."
    assert [body["Message"] for body in bakery.drain()] == [sentence]


def test_any_event_can_be_published(bakery):
    event = {"eventType": "Click", "mail": {"messageId": "m"}, "click": {"link": "https://bakery.example"}}
    assert publish.publish("210987654321", "eu-west-1", "inn-bakery", event) == 0  # nobody asked for clicks
    event = {"eventType": "Bounce", "mail": {"messageId": "m"}, "bounce": {"unknown": True}}
    assert publish.publish("210987654321", "eu-west-1", "inn-bakery", event) == 1
    assert bakery.events() == [event]


def test_clients_at_once(bakery, florist):
    """Nothing is lost, doubled or mixed up between tenants."""
    with ThreadPoolExecutor(4) as pool:
        sites = [bakery, florist] * 8
        ids = list(pool.map(lambda site: (site.name, site.send(f"success@{SIMULATOR}")), sites))
    assert len(set(ids)) == 16
    for site in (bakery, florist):
        seen = sorted((e["mail"]["messageId"], e["eventType"]) for e in site.events())
        assert seen == sorted((id_, kind) for name, id_ in ids if name == site.name for kind in ("Send", "Delivery"))


def test_mail_of_one_tenant_says_nothing_in_the_others_queue(bakery, florist):
    florist.send(f"bounce@{SIMULATOR}")
    assert bakery.drain() == []
    assert {e["mail"]["tags"]["ses:configuration-set"][0] for e in florist.events()} == {"inn-florist"}


def test_a_set_without_destinations_is_silent(bakery, state, monkeypatch):
    monkeypatch.setattr(state.configuration_sets["inn-bakery"], "destinations", {})
    bakery.send(f"bounce@{SIMULATOR}")
    assert bakery.drain() == []


def test_the_events_of_a_queue_are_json_that_boto3_hands_over_whole(bakery):
    bakery.send("guest@example.net", sender='"Bäckerei" <shop@bakery.example>')
    body = bakery.client("sqs").receive_message(QueueUrl=bakery.queue_url)["Messages"][0]["Body"]
    assert json.loads(json.loads(body)["Message"])["mail"]["commonHeaders"]["from"] == [
        "Bäckerei <shop@bakery.example>"
    ]
