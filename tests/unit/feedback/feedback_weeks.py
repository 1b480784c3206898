"""Generated weeks (tools/gen_events.py) and what this package finds in them."""

import importlib.util
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from provisioner.feedback.parse import Accepted, Quarantined, Source, parse_message
from provisioner.feedback.stamps import to_millis
from provisioner.model.event import Kind

_PATH = Path(__file__).parents[3] / "tools" / "gen_events.py"
_spec = importlib.util.spec_from_file_location("gen_events", _PATH)
gen_events = sys.modules["gen_events"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gen_events)

BOUNCES = {
    Kind.HARD: "hard",
    Kind.POLICY: "policy",
    Kind.RELAY: "relay",
    Kind.ECHO: "echo",
    Kind.SOFT: "soft",
    Kind.CONTENT: "content",
    Kind.AUTO_REPLY: "auto_reply",
    Kind.UNDETERMINED: "undetermined",
}
COMPLAINTS = {
    Kind.COMPLAINT: "single",
    Kind.AMBIGUOUS_COMPLAINT: "ambiguous",
    Kind.IGNORED_COMPLAINT: "ignored",
}
TYPES = {Kind.DELIVERY: "Delivery", Kind.DELAY: "DeliveryDelay", Kind.VIRUS: "Reject", Kind.REJECT: "Reject"}
FINAL = ("hard", "policy", "relay", "soft", "content", "undetermined")


def source_of(tenant):
    return Source(
        tenant=tenant,
        configuration_set=tenant,
        topic_arn=f"arn:aws:sns:{gen_events.REGION}:{gen_events.ACCOUNT}:ses-feedback-{tenant}",
        account=gen_events.ACCOUNT,
        domain=f"{tenant}.example.org",
    )


def bodies(config, form):
    """(tenant, arrival in ms, body as a queue holds it) of every line, in order of arrival."""
    for stream in gen_events.streams(config):
        for record in stream.records():
            line = gen_events.FORMATS[form](record, stream.id)
            yield stream.id, record.arrival_ms, (json.loads(line)["Body"] if form == "sqs" else line).encode()


def type_of(event):
    if event.kind in BOUNCES:
        return "Bounce"
    if event.kind in COMPLAINTS:
        return "Complaint"
    return TYPES.get(event.kind, event.subtype)


class Count:
    """Figures of one tenant, named as in truth.json."""

    def __init__(self, start):
        self.start = to_millis(f"{start}T00:00:00Z")
        self.seen = set()
        self.figures = Counter()
        self.kinds, self.bounces, self.complaints, self.strikes = Counter(), Counter(), Counter(), Counter()
        self.hard, self.soft = set(), Counter()
        self.rejects = []

    def read(self, parsed):
        self.figures["events"] += 1
        if not isinstance(parsed, Accepted):
            foreign = isinstance(parsed, Quarantined) and parsed.security
            self.figures["foreign" if foreign else "poison"] += 1
            return
        fresh = [event for event in parsed.events if event.id not in self.seen]
        self.seen.update(event.id for event in fresh)
        if not fresh:
            self.figures["duplicates"] += 1
            return
        first = fresh[0]
        self.figures["unique"] += 1
        self.figures["unknown"] += first.kind is Kind.UNKNOWN
        self.figures["late"] += first.at < self.start and type_of(first) != "Reject"
        self.kinds[type_of(first)] += 1
        for event in fresh:
            self.count(event)

    def count(self, event):
        if event.kind in BOUNCES:
            self.bounces[BOUNCES[event.kind]] += 1
        if event.kind in COMPLAINTS:
            self.complaints[COMPLAINTS[event.kind]] += 1
        if event.kind is Kind.HARD:
            self.hard.add(event.recipient)
        if event.kind is Kind.SOFT:
            self.soft[event.recipient] += 1
        if event.kind is Kind.COMPLAINT:
            self.strikes[event.recipient] += 1
        if event.kind is Kind.VIRUS:
            self.rejects.append(event.at)

    def findings(self):
        return {
            **{
                name: self.figures[name]
                for name in ("events", "unique", "duplicates", "foreign", "poison", "unknown", "late")
            },
            "kinds": dict(self.kinds),
            "bounces": dict(self.bounces),
            "complaints": dict(self.complaints),
            "complainants": len(self.strikes) + self.complaints["ambiguous"],
            "sends": self.kinds["Delivery"] + sum(self.bounces[verdict] for verdict in FINAL) + len(self.rejects),
            "virus_rejects": len(self.rejects),
            "hard_addresses": sorted(self.hard),
            "soft_addresses": {address: n for address, n in sorted(self.soft.items()) if n >= 3},
            "complainers": {address: n for address, n in sorted(self.strikes.items()) if n >= 3},
        }


def findings(config, form, read=parse_message):
    """What ``read`` finds for every tenant."""
    counts = defaultdict(lambda: Count(config.start))
    for tenant, arrived, body in bodies(config, form):
        counts[tenant].read(read(body, source_of(tenant), arrived=arrived))
    return {tenant: count.findings() for tenant, count in counts.items()}
