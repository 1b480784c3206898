"""What people read, word for word, where the reviewed decisions do not say it."""

from datetime import timedelta

import msgspec
import pytest
from rules_events import NOW, STANDARD, bounced, delivered, event, finding, judged

from provisioner.errors import InnkeeperError
from provisioner.model.event import Kind
from provisioner.model.standing import Block, Enforcement, Evidence, Proposal, Standing, State, Transition
from provisioner.rules import (
    AccountMetrics,
    Share,
    account_guard,
    confirm,
    describe,
    explain,
    reinstate,
    resolve_policy,
)

DAY = timedelta(days=1)
ADA = {"by": "Ada", "reason": "it was explained"}
BAKERY = Standing(tenant="bakery")
WHY = Evidence(rule="x", sentence="It was so.")


def questions(*names):
    asked = [Proposal(id=name, at=NOW, action="block", evidence=WHY) for name in names]
    return msgspec.structs.replace(BAKERY, proposals=tuple(asked))


REFUSED = {
    "p": ("proposal p names no address", "dismiss it and block the address by hand"),
    "r": ("bakery has no open proposal r", "open proposals: p, q"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_confirmed_is_said(name):
    with pytest.raises(InnkeeperError) as err:
        confirm(questions("p", "q"), name, now=NOW, **ADA)
    assert (err.value.args[0], err.value.hint) == REFUSED[name]


def test_explain_says_what_is_not_in_force_and_why_a_state_changed():
    moves = [
        Transition(id="a", at=NOW, before=State.WARNED, after=State.GOOD),
        Transition(id="b", at=NOW, before=State.GOOD, after=State.WARNED, kind="hard", evidence=WHY),
        Transition(id="c", at=NOW, before=State.WARNED, after=State.SUSPENDED, by="Ada", reason="phishing"),
    ]
    owed = Enforcement(at=NOW, complete=False, missing=("one key is active", "two blocks are missing"))
    lines = explain(msgspec.structs.replace(BAKERY, transitions=tuple(moves), enforcement=owed))
    assert lines == [
        "bakery is in good standing: it may send.",
        "Not all of it is in force yet: one key is active; two blocks are missing.",
        "2026-11-23 06:00 UTC: warned → suspended, by Ada: phishing",
        "2026-11-23 06:00 UTC: good → warned (hard), It was so.",
        "2026-11-23 06:00 UTC: warned → good, its windows are clean",
        "Blocked addresses: 0.",
        "Not audited yet.",
    ]


def test_explain_says_what_is_known_of_an_address_without_evidence_or_reason():
    bare = msgspec.structs.replace(BAKERY, blocks={"a@b.c": Block(reason="hard", since=NOW)})
    assert explain(bare, recipient="a@b.c")[0] == (
        "bakery may not write to a@b.c (hard) since 2026-11-23 06:00 UTC, until a person unblocks it."
    )
    unsaid = judged(event(Kind.HARD, "none@web.de", id_="e1"))
    assert "2026-11-21 06:00 UTC: hard bounce without a reason (event e1)" in explain(
        unsaid.standing, recipient="none@web.de"
    )
    assert finding(unsaid, "hard-recipient").sentence == "none@web.de: refused for good (no reason given)."


@pytest.mark.parametrize(("total", "said"), [(2, "events a, b"), (3, "events a, b and 1 more")])
def test_describe_names_events_and_the_number_of_the_rest(total, said):
    evidence = msgspec.structs.replace(WHY, events=("a", "b"), events_total=total)
    assert describe(evidence) == ["It was so.", "rule x: no numbers; limits: none", said]


TOLD = "The account's bounce rate is {} %. Most of it comes from: a 40 %, b 40 %."
JUDGED = " They are judged by the strict profile until the rate is down."
ACCOUNT = {0.0399: ("warn", TOLD.format("3.99")), 0.04: ("act", TOLD.format("4") + JUDGED)}


@pytest.mark.parametrize("rate", ACCOUNT)
def test_the_accounts_rate_is_told_with_those_who_cause_it(rate):
    shares = {"a": Share(hard=4), "b": Share(hard=4), "c": Share(hard=2)}
    (found,) = account_guard(AccountMetrics(bounce_rate=rate), shares, STANDARD).findings
    assert (found.severity, found.evidence.sentence) == ACCOUNT[rate]


def test_an_account_without_culprits_and_one_with_two_kinds():
    nobody = account_guard(AccountMetrics(bounce_rate=0.05), {}, STANDARD)
    assert nobody.findings[0].evidence.sentence == (
        "The account's bounce rate is 5 %. Most of it comes from: nobody stands out."
    )
    shares = {"a": Share(hard=9), "b": Share(complainants=9)}
    both = account_guard(AccountMetrics(bounce_rate=0.05, complaint_rate=0.05), shares, STANDARD)
    assert both.strict == ("a", "b")


PEOPLE = [f"{first}.{last}" for first in ("anna", "b", "carl") for last in ("au", "bo", "cy", "du")]


def unknown(locals_):
    return [event(Kind.HARD, f"{local}@acme.example", ago=DAY, status="5.1.1") for local in locals_]


def test_guessed_addresses_are_told_by_their_shapes():
    verdict = judged(unknown([*PEOPLE, "info", "sales"]), delivered(6, domain="acme.example"))
    assert finding(verdict, "guessing").sentence == (
        "14 addresses at acme.example do not exist, 70 % of all mail sent there in 7 days, and they look guessed "
        "(12 names, 2 role words)."
    )


def test_a_domain_whose_mail_is_not_remembered_is_spared_and_said_so():
    """As after many other domains pushed it out and were forgotten themselves."""
    bounced_there = judged(unknown(PEOPLE), delivered(6, domain="acme.example"), delivered(400)).standing
    nothing = {"below": 1 << 32, "of": {}}
    forgotten = msgspec.structs.replace(BAKERY, windows={**bounced_there.windows, "domains": nothing})
    assert finding(judged(standing=forgotten), "guessing").sentence == (
        "12 addresses at acme.example do not exist, but too many organisations are written to for the share to be "
        "known; this is not taken for guessing."
    )


def test_a_second_suspension_names_each_earlier_one_and_all_its_events():
    standing = BAKERY
    policy = resolve_policy("standard", {"escalation.suspensions": 3})
    for week in range(3):
        now = NOW + week * 10 * DAY
        events = bounced(22, name=f"w{week}x", now=now, ago=timedelta(hours=1))
        verdict = judged(events, standing=standing, policy=policy, now=now)
        standing = reinstate(verdict.standing, now=now + DAY, **ADA) if week < 2 else verdict.standing
    why = standing.proposals[0].evidence
    assert why.sentence == (
        "Suspended for the third time within 180 days for the same reason (hard; before: 2026-11-23, 2026-12-03). "
        "Terminating is for the operator to decide."
    )
    assert (len(why.events), why.events_total) == (20, 22)


def test_of_many_incidents_the_last_two_are_named():
    old = judged(*(event(Kind.VIRUS, "a@b.c", ago=days * DAY) for days in (9, 6, 3)))
    assert finding(old, "virus").sentence == (
        "SES found a virus in mail of this site (3 mails): incident 3 within a year (2026-11-17 and 2026-11-20)."
    )
