"""Every documented form of event, in every wrapping, becomes the events its file expects."""

import json
from pathlib import Path

import pytest
from feedback_samples import ARRIVED, BAKERY, in_envelope, in_lambda

from provisioner.feedback.parse import Accepted, parse_message

FILES = sorted((Path(__file__).parents[2] / "data" / "events").glob("*.json"))
WRAPPINGS = {
    "raw delivery": lambda event: json.dumps(event).encode(),
    "trailing newline": lambda event: json.dumps(event).encode() + b"\n",
    "SNS envelope": in_envelope,
    "Lambda with SNS": lambda event: in_lambda(sns=json.loads(in_envelope(event))),
    "Lambda with SQS": lambda event: in_lambda(body=in_envelope(event).decode()),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_event(path, wrap):
    recorded = json.loads(path.read_text())
    parsed = parse_message(wrap(recorded["event"]), BAKERY, arrived=ARRIVED)
    assert isinstance(parsed, Accepted)
    found = [
        {name: getattr(event, name) for name in expected}
        for event, expected in zip(parsed.events, recorded["expected"], strict=True)
    ]
    assert found == recorded["expected"]
    assert len({event.id for event in parsed.events}) == len(parsed.events)
    assert {event.message_id for event in parsed.events} == {recorded["event"]["mail"]["messageId"]}


def test_every_file_names_its_source():
    assert all(json.loads(path.read_text())["source"] for path in FILES)
    assert len(FILES) > 20


def test_both_paths_of_one_bounce_have_one_id():
    """B10: event publishing and identity notification of the same bounce."""
    pair = [json.loads(path.read_text())["event"] for path in FILES if path.stem.startswith("bounce-permanent-")]
    assert {"eventType", "notificationType"} <= pair[0].keys() | pair[1].keys()
    ids = {event.id for body in pair for event in parse_message(in_envelope(body), BAKERY, arrived=ARRIVED).events}
    assert len(ids) == 1


def test_delivery_bounce_and_complaint_of_one_message_differ():
    """B11: one message, three things that happened to it."""
    names = ("delivery", "bounce-out-of-office", "complaint-abuse", "delivery-delay")
    bodies = [json.loads(path.read_text())["event"] for path in FILES if path.stem in names]
    ids = [event.id for body in bodies for event in parse_message(in_envelope(body), BAKERY, arrived=ARRIVED).events]
    assert len(set(ids)) == len(ids) == 5
