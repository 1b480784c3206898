"""One tenant, its manifest and a few findings, as the report's tests need them."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import msgspec

from provisioner.model.manifest import Manifest
from provisioner.model.standing import Block, Enforcement, Evidence, Notice, Standing, State, Transition
from provisioner.model.verdict import Finding, Verdict
from provisioner.report.build import build_report

NOW = datetime(2026, 11, 23, 4, 12, tzinfo=UTC)

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="https://evil.example/">click</a>',
    "{{ 7*7 }} {% raw %} {# x #} ${file('x')} %{ if true }",
    "line one\r\nBcc: victim@example.net\r\n\r\nbody",
    "\x1b[31mred\x1b[0m \x00 \x07",
    "safe\u202egnp.exe \u2066x\u2069 \u200bzero",
    '=HYPERLINK("https://evil.example";"x")',
    "+1+1",
    "@SUM(A1)",
    "Zoë & Söhne „Bäckerei“ 🥐",
    "x" * 10_000,
    "*@gmail.com",
    "\ud800 lone",
    "\u2028para\u2029graph\x85next",
)


def a_manifest(**changes):
    values = {
        "tenant": "bakery",
        "name": "Bakery Huber",
        "domain": "bakery-huber.example",
        "account": "123456789012",
        "region": "eu-west-1",
        "prefix": "innkeeper",
        "configuration_set": "innkeeper-bakery",
        "topic_arn": "arn:aws:sns:eu-west-1:123456789012:innkeeper-bakery-feedback",
        "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/innkeeper-bakery-feedback",
        "user": "innkeeper-bakery-smtp",
        "secret": "innkeeper/bakery/smtp",
        "ses_tenant": "innkeeper-bakery",
        "contacts": ("anna@mailbox.example",),
        "from_address": "wordpress@bakery-huber.example",
        "from_name": "Bakery Huber",
        "operator": "ops@inn.example",
        "notices_from": "notices@inn.example",
    }
    return Manifest(**(values | changes))


def evidence(rule="hard-tenant", **changes):
    values = {
        "sentence": "Mail to 16 addresses bounced for good in 28 days (8.4 % of 190 mails).",
        "numbers": {"addresses": 16, "sends": 190, "share": 0.08421},
        "limits": {
            "warn addresses": 5,
            "warn share": 0.04,
            "suspend addresses": 15,
            "suspend share": 0.08,
            "window_days": 28,
        },
        "events": ("a1", "b2"),
        "events_total": 16,
    }
    return Evidence(rule=rule, **(values | changes))


def a_notice(kind="suspended", **changes):
    return Notice(**({"id": f"{kind}-3f9a", "kind": kind, "at": NOW, "evidence": (evidence(),)} | changes))


def a_standing(state=State.SUSPENDED, **changes):
    enforcement = Enforcement(at=NOW, complete=True)
    return Standing(**({"tenant": "bakery", "state": state, "since": NOW, "enforcement": enforcement} | changes))


def a_block(reason="hard", until=None, **changes):
    return Block(reason=reason, since=NOW, until=until, **changes)


class Page(HTMLParser):
    """What a browser would find in a page: its elements, links and text."""

    VOID = frozenset({"meta", "br", "img", "hr", "link", "input", "col"})

    def __init__(self, html):
        super().__init__()
        self.elements, self.links, self.words, self._open = [], [], [], []
        self.attributes = []
        self.feed(html)
        assert not self._open, f"never closed: {self._open}"

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        self.links += [value for name, value in attrs if name in ("href", "src", "action", "srcset", "poster")]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if not self._open or self._open[-1] not in ("style", "title"):
            self.words.append(data)


class APolicy:
    profile = "standard"
    hash = "9c41f2aa07de13b8"


COUNTS = {
    "window_days": 28,
    "sends": 412,
    "deliveries": 374,
    "hard": 21,
    "soft": 9,
    "complainants": 1,
    "deliveries with complaint data": 210,
    "virus incidents": 0,
}


def a_verdict(standing, *findings, counts=COUNTS):
    return Verdict(
        tenant=standing.tenant,
        at=NOW,
        policy_hash=APolicy.hash,
        before=State.GOOD,
        after=standing.state,
        findings=findings,
        actions=(),
        standing=standing,
        counts=counts,
    )


def warned_findings():
    hard = evidence(
        sentence="Mail to 21 addresses bounced for good in 28 days (5.1 % of 412 mails).",
        numbers={"addresses": 21, "sends": 412, "share": 0.05097},
        events_total=21,
    )
    soft = evidence(
        "soft-tenant",
        sentence="9 addresses could not take mail for the moment in 28 days (2.2 % of 412 mails).",
        numbers={"addresses": 9, "sends": 412},
        limits={"addresses": 20, "share": 0.1, "window_days": 28},
    )
    complaint = evidence(
        "complaint-tenant",
        sentence="1 recipient reported mail as unwanted in 28 days (0.48 % of 210 deliveries).",
        numbers={"complainants": 1, "deliveries": 210, "share": 0.00476},
        limits={"warn complainants": 2, "suspend complainants": 5, "window_days": 28},
    )
    carla = evidence(
        "complaint-recipient",
        sentence="carla@freemail.example reported mail as unwanted (2 of 3): please take the address off your lists.",
        numbers={"complaints": 2},
        limits={"complaints": 3, "window_days": 365},
    )
    return (
        Finding(severity="warn", evidence=hard),
        *(Finding(severity="info", evidence=item) for item in (soft, complaint, carla)),
    )


def warned_standing():
    found = warned_findings()[0].evidence
    virus = evidence("virus", sentence="Amazon found a virus in a mail that your site sent.", numbers={}, limits={})
    summer = NOW - timedelta(days=120)
    return a_standing(
        State.WARNED,
        evidence=found,
        judged=NOW,
        blocks={
            "anna.meier@acme.example": a_block("hard", evidence=evidence("hard-recipient")),
            "b.huber@mailbox.example": a_block("soft", NOW + timedelta(days=30)),
            "carla@freemail.example": a_block("complaint"),
        },
        transitions=(
            Transition(id="1", at=summer, before=State.GOOD, after=State.SUSPENDED, kind="virus", evidence=virus),
            Transition(
                id="2",
                at=summer + timedelta(days=3),
                before=State.SUSPENDED,
                after=State.GOOD,
                by="maria@inn.example",
                reason="infected plugin removed, passwords changed",
            ),
            Transition(id="3", at=NOW, before=State.GOOD, after=State.WARNED, kind="hard", evidence=found),
        ),
    )


def a_report(**changes):
    """The report of a warned tenant, as data; ``changes`` replace fields."""
    standing = warned_standing()
    data = build_report(
        a_manifest(), standing, [a_verdict(standing, *warned_findings())], APolicy(), NOW, collected=NOW
    )
    return msgspec.structs.replace(data, **changes)
