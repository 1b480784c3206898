import csv
import io
import json
from datetime import timedelta

import pytest
from golden import assert_golden
from report_samples import (
    COUNTS,
    HOSTILE,
    NOW,
    APolicy,
    Page,
    a_block,
    a_manifest,
    a_report,
    a_standing,
    a_verdict,
    evidence,
    warned_findings,
)

from provisioner.model.standing import Enforcement, Proposal, State, Transition
from provisioner.model.verdict import Finding
from provisioner.report.behaviour import SHOWN_BLOCKS, render_report
from provisioner.report.build import build_report, iso_week


def build(standing, *findings, counts=COUNTS, verdicts=None, **changes):
    verdicts = [a_verdict(standing, *findings, counts=counts)] if verdicts is None else verdicts
    return build_report(a_manifest(), standing, verdicts, APolicy(), NOW, **changes)


def test_golden_report():
    report = render_report(a_report())
    for name in ("html", "text", "json", "csv"):
        assert_golden(f"report.{'txt' if name == 'text' else name}", getattr(report, name))


@pytest.mark.parametrize(
    ("numbers", "collected", "words"),
    [
        ({"sends": "unknown", "deliveries": 0, "hard": 0, "blocked": 2, "window_days": 28}, NOW, "No mail was sent"),
        (
            {"sends": "unknown", "deliveries": 0, "hard": 0, "blocked": 2, "window_days": 28},
            NOW - timedelta(days=8),
            "Nothing was collected",
        ),
        ({}, None, "Nothing was collected"),
        ({"sends": 3, "deliveries": 3}, NOW, "Sent"),
    ],
    ids=["quiet week", "queue not read this week", "never read", "mail sent"],
)
def test_no_mail_and_nothing_collected_read_differently(numbers, collected, words):
    """H6"""
    report = render_report(build(a_standing(State.GOOD, judged=NOW), counts=numbers, collected=collected))
    every = ("No mail was sent", "Nothing was collected")
    for text in (report.text, Page(report.html).text):
        flat = " ".join(text.split())
        assert words in flat
        assert [other for other in every if other in flat] == [other for other in every if other == words]


def test_a_tenant_never_judged_says_so():
    data = build(a_standing(State.GOOD), verdicts=[])
    assert data.activity == "unjudged"
    assert "not been judged yet" in render_report(data).text


def test_unknown_sends_are_said_and_divide_nothing():
    """C10"""
    numbers = {"sends": "unknown", "deliveries": 0, "hard": 6, "events.hard": 6}
    unknown = evidence(
        sentence="Mail to 6 addresses bounced for good in 28 days (rate unknown: no deliveries seen).",
        numbers={"addresses": 6, "sends": "unknown", "share": "unknown"},
        limits={"warn addresses": 5, "suspend addresses": 15, "window_days": 28},
    )
    data = build(a_standing(State.WARNED), Finding(severity="warn", evidence=unknown), counts=numbers)
    assert "rate unknown" in render_report(data).text
    assert next((limit.rule, limit.level, limit.value, limit.warn, limit.act) for limit in data.limits) == (
        "hard-tenant", "warn", 6, 5, 15,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        # 12 of 150: 8 % is reached, 15 addresses are not: the count is what is missing
        ({"addresses": 12, "sends": 150, "share": 0.08}, ("warn", False, 12, 5, 15)),
        # 21 of 412: 15 addresses are reached, 8 % is not: the rate is what is missing
        ({"addresses": 21, "sends": 412, "share": 0.051}, ("warn", True, 0.051, 0.04, 0.08)),
        ({"addresses": 4, "sends": 190, "share": 0.021}, ("good", True, 0.021, 0.04, 0.08)),
        ({"addresses": 16, "sends": 190, "share": 0.0842}, ("stop", True, 0.0842, 0.04, 0.08)),
        # 4 of 50 (8 %): the rate is over the warning, the count of 5 is not
        ({"addresses": 4, "sends": 110, "share": 0.05}, ("good", False, 4, 5, 15)),
    ],
)
def test_a_bar_shows_what_is_missing_to_the_limit(numbers, expected):
    data = build(a_standing(State.GOOD), Finding(severity="info", evidence=evidence(numbers=numbers)))
    hard = next(limit for limit in data.limits if limit.rule == "hard-tenant")
    assert (hard.level, hard.share, hard.value, hard.warn, hard.act) == expected


def test_a_rule_that_only_warns_has_one_mark():
    found = next(one for one in warned_findings() if one.evidence.rule == "soft-tenant")
    soft = next(limit for limit in build(a_standing(State.GOOD), found).limits if limit.rule == "soft-tenant")
    assert (soft.warn, soft.level, "never switched off" in soft.marks) == (None, "good", True)


def test_a_rule_that_saw_nothing_shows_an_empty_bar():
    assert [(limit.value, limit.sentence) for limit in build(a_standing(State.GOOD)).limits] == [
        (0, "None so far.")
    ] * 3


def test_findings_of_several_verdicts_are_shown_once_and_worst_first():
    standing = a_standing(State.WARNED)
    verdicts = [a_verdict(standing, *warned_findings()), a_verdict(standing, *warned_findings()[::-1])]
    data = build(standing, verdicts=verdicts)
    assert len(data.findings) == 4
    assert data.findings[0].severity == "warn"


@pytest.mark.parametrize(
    ("enforcement", "words"),
    [
        (None, "is being switched off"),
        (Enforcement(at=NOW, complete=False, missing=("deny policy",)), "is being switched off"),
        (Enforcement(at=NOW - timedelta(days=1), complete=True), "is being switched off"),
        (Enforcement(at=NOW, complete=True), "has been switched off"),
    ],
)
def test_suspended_is_a_fact_only_after_reading_back(enforcement, words):
    """D7"""
    report = render_report(build(a_standing(enforcement=enforcement, evidence=evidence())))
    assert words in report.text
    assert ("NOT IN FORCE YET" in report.text) is (words == "is being switched off")


def test_blocks_without_room_and_stricter_settings_at_aws_are_said():
    """D11, D17"""
    done = Enforcement(at=NOW, complete=True, drift=("Amazon has paused this SES tenant itself",), overflow=1_200)
    report = render_report(build(a_standing(State.GOOD, enforcement=done)))
    for text in (report.text, Page(report.html).text):
        flat = " ".join(text.split())
        assert "1,200 blocked addresses found no room" in flat
        assert "Amazon has paused this SES tenant itself" in flat


def test_history_proposals_and_next_steps_are_shown():
    standing = a_standing(
        evidence=evidence("virus"),
        transitions=(Transition(id="t", at=NOW, before=State.GOOD, after=State.SUSPENDED, by="maria", reason="asked"),),
        proposals=(Proposal(id="p", at=NOW, action="terminate", evidence=evidence("escalation", sentence="Twice.")),),
    )
    text = render_report(build(standing)).text
    assert "good -> suspended, by maria. asked" in text
    assert "terminate: Twice." in text
    assert "Update WordPress" in text


def test_many_blocked_people_are_cut_on_the_page_but_not_in_the_csv():
    """C15, H5"""
    blocks = {f"n{number:05}@x.example": a_block() for number in range(12_000)}
    report = render_report(build(a_standing(State.GOOD, blocks=blocks)))
    assert report.html.count("@x.example") == SHOWN_BLOCKS
    assert "12,000" in report.html
    rows = list(csv.DictReader(io.StringIO(report.csv, newline="")))
    assert sum(row["what"] == "blocked" for row in rows) == 12_000
    assert len(report.html) < 300_000


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_no_form_of_the_report(text):
    """F5, F10, F11, F13, F15"""
    found = evidence(text, sentence=text, numbers={text: text}, limits={"share": text})
    standing = a_standing(
        evidence=found,
        enforcement=Enforcement(at=NOW, complete=False, missing=(text,)),
        blocks={text: a_block(text, evidence=found)},
        transitions=(
            Transition(id="t", at=NOW, before=State.GOOD, after=State.SUSPENDED, by=text, reason=text, evidence=found),
        ),
        proposals=(Proposal(id="p", at=NOW, action=text, evidence=found),),
    )
    manifest = a_manifest(name=text)
    verdict = a_verdict(standing, Finding(severity="act", evidence=found))
    report = render_report(build_report(manifest, standing, [verdict], APolicy(), NOW))
    plain = render_report(a_report(proposals=("x",), unenforced=("x",)))
    page = Page(report.html)
    assert set(page.elements) <= set(Page(plain.html).elements)
    assert page.links == []
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for part in (report.html, report.text, report.csv):
        assert not set(part) & set("\x00\x07\x1b\u202e\u2066\u200b\u2028\x85")
        part.encode()
    for row in csv.reader(io.StringIO(report.csv, newline="")):
        assert len(row) == 9
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row)
    json.loads(report.json)


def test_a_report_holds_nothing_of_another_tenant():
    """H7: every value of the other tenant is marked by zqzq."""
    other = a_manifest(tenant="choir", name="ZQZQ", domain="zqzq.example", contacts=("ZQZQ@x.example",))
    theirs = a_standing(tenant="choir", blocks={"zqzq@x.example": a_block()})
    for manifest, standing in ((a_manifest(), a_standing(blocks={"mine@x.example": a_block()})), (other, theirs)):
        report = render_report(build_report(manifest, standing, [a_verdict(standing)], APolicy(), NOW))
        mixed = "zqzq" in (report.html + report.text + report.json + report.csv).lower()
        assert mixed is (manifest.tenant == "choir")


def test_objects_of_two_tenants_are_refused():
    """H7"""
    with pytest.raises(ValueError, match="choir"):
        build_report(a_manifest(), a_standing(tenant="choir"), [], APolicy(), NOW)


def test_the_page_is_self_contained_and_well_formed():
    page = Page(render_report(a_report()).html)
    assert page.links == []
    assert page.elements.count("h1") == 1
    assert ("lang", "en") in page.attributes
    assert all(("scope", kind) in page.attributes for kind in ("col", "row"))
    assert not {"script", "img", "iframe", "link", "form"} & set(page.elements)


def test_the_same_data_gives_the_same_bytes():
    assert render_report(a_report()) == render_report(a_report())


def test_the_week_is_an_iso_week():
    assert iso_week(NOW) == "2026-W48"
    assert iso_week(NOW.replace(year=2027, month=1, day=2)) == "2026-W53"
