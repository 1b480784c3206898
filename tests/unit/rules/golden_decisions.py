"""Whole decisions, word for word: what `tests/data/rules/decisions.json` holds. Write it anew, and review the change:

PYTHONPATH=tests/unit/rules python tests/unit/rules/golden_decisions.py
"""

import itertools
import json
from datetime import timedelta
from pathlib import Path

import msgspec
import rules_events as e
from rules_events import NOW, event, judged

from provisioner.errors import InnkeeperError
from provisioner.model.event import Kind
from provisioner.model.standing import Enforcement, Standing
from provisioner.rules import (
    AccountMetrics,
    Share,
    account_guard,
    block,
    check_blast_radius,
    commands,
    confirm,
    decide,
    dismiss,
    explain,
    hard_bounce_hours,
    provider_outages,
    reinstate,
    resolve_policy,
    suspend,
    terminate,
    unblock,
)
from provisioner.rules.ids import digest

FILE = Path(__file__).parents[2] / "data" / "rules" / "decisions.json"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ADA = {"by": "Ada", "reason": "it was explained", "now": NOW + DAY}
BAKERY = Standing(tenant="bakery")
PEOPLE = [f"{first}.{last}" for first in ("anna", "b", "carl") for last in ("au", "bo", "cy", "du")]


def softs(*days, to="full@web.de"):
    return [event(Kind.SOFT, to, ago=day * DAY, status="4.2.2") for day in days]


def unknown(locals_, domain="acme.example"):
    return [event(Kind.HARD, f"{local}@{domain}", ago=DAY, status="5.1.1") for local in locals_]


def everything():
    return judged(
        e.delivered(40), e.delivered(3, domain="gmail.com"), e.bounced(3), e.complained(2), softs(9, 7, 3),
        event(Kind.AMBIGUOUS_COMPLAINT, recipients=3), e.many(Kind.POLICY, 1, status="5.7.1"), e.many(Kind.RELAY, 2),
        e.many(Kind.CONTENT, 3), e.many(Kind.ECHO, 2), e.many(Kind.UNKNOWN, 1), e.many(Kind.REJECT, 1),
        event(Kind.HARD, "odd@web.de", status="5.2.1"), event(Kind.HARD, "none@web.de"), event(Kind.HARD, ""),
    )  # fmt: skip


def second_suspension():
    first = judged(e.bounced(16), e.delivered(20)).standing
    back = reinstate(first, **ADA)
    return judged(e.bounced(16, name="new", ago=-30 * DAY), standing=back, now=NOW + 31 * DAY)


def after_unblock():
    lifted = unblock(judged(e.bounced(2)).standing, ["gone0@web.de", "Gone1@web.de"], **ADA)
    return judged(event(Kind.HARD, "gone0@web.de", ago=-5 * DAY, status="5.1.1"), standing=lifted, now=NOW + 6 * DAY)


def dead_server():
    before = [event(Kind.DELIVERY, f"{local}@acme.example", ago=20 * DAY) for local in PEOPLE[:3]]
    return judged(before, unknown(PEOPLE), e.delivered(400))


def outages():
    fleet = [judged(e.bounced(3, domain="gmx.net", ago=h * HOUR), e.delivered(9)) for h in [5] * 12 + [7, 8, 12]]
    found = provider_outages([hard_bounce_hours(one.standing, e.STANDARD, NOW) for one in fleet], e.STANDARD, NOW)
    held = judged(e.bounced(16, domain="gmx.net", ago=5 * HOUR), e.delivered(9), outages=found)
    return [found, held.findings, held.actions]


def guard():
    shares = {
        "a": Share(hard=60, complainants=2),
        "b": Share(hard=39, complainants=1),
        "c": Share(hard=1),
        "d": Share(),
    }
    rates = [(0.03, 0.0001), (0.05, 0.0009), (0.025, 0.0005), (None, None)]
    return [account_guard(AccountMetrics(bounce_rate=b, complaint_rate=c), shares, e.STANDARD) for b, c in rates]


def refused(work):
    try:
        work()
    except InnkeeperError as err:
        return str(err)
    raise AssertionError("not refused")


def operator():
    asked = judged(unknown(PEOPLE), e.delivered(400)).standing
    proposal = asked.proposals[0].id
    question = after_unblock().standing
    stopped = suspend(BAKERY, **ADA)
    back = reinstate(stopped, by="Bob", reason="done", now=NOW + 2 * DAY)
    return {
        "suspend": stopped,
        "reinstate": back,
        "terminate": terminate(stopped, **ADA),
        "terminate asked": terminate(asked, **ADA).proposals,
        "reinstate asked": reinstate(asked, **ADA).proposals,
        "block": block(BAKERY, "Boss@web.de", until=NOW + 9 * DAY, **ADA),
        "unblock": unblock(block(BAKERY, "a@b.c", **ADA), "A@b.c", **ADA),
        "confirm": confirm(asked, proposal, **ADA).transitions,
        "confirm block": confirm(question, question.proposals[0].id, **ADA).blocks,
        "dismiss": dismiss(asked, proposal, **ADA).windows.get("closed"),
        "dismiss block": dismiss(question, question.proposals[0].id, **ADA),
        "refused": [
            refused(lambda: suspend(stopped, **ADA)),
            refused(lambda: reinstate(BAKERY, **ADA)),
            refused(lambda: terminate(terminate(BAKERY, **ADA), **ADA)),
            refused(lambda: suspend(BAKERY, by=" ", reason="x", now=NOW)),
            refused(lambda: block(BAKERY, "boss", **ADA)),
            refused(lambda: unblock(BAKERY, ["a@b.c", "b@b.c"], **ADA)),
            refused(lambda: unblock(BAKERY, [], **ADA)),
            refused(lambda: confirm(BAKERY, "p", **ADA)),
            refused(lambda: confirm(asked, "p", **ADA)),
            refused(lambda: decide([], msgspec.structs.replace(BAKERY, schema=9), e.STANDARD, NOW)),
            refused(lambda: decide([], msgspec.structs.replace(BAKERY, windows={"schema": 9}), e.STANDARD, NOW)),
            refused(lambda: decide([], msgspec.structs.replace(BAKERY, windows={"hard": 9}), e.STANDARD, NOW)),
            refused(lambda: resolve_policy("lenient")),
            refused(
                lambda: resolve_policy("strict", {"hard.flood.shar": 0.2, "blast.share": 7, "virus.terminate": "x"})
            ),
        ],
    }


def explained():
    question = after_unblock().standing
    owed = Enforcement(at=NOW, complete=False, missing=("one key is active",))
    suspended = msgspec.structs.replace(second_suspension().standing, enforcement=owed)
    soft = judged(softs(9, 7, 3), event(Kind.DELIVERY, "full@web.de", ago=DAY)).standing
    until = soft.blocks["full@web.de"].until
    again = judged(softs(-35, to="full@web.de"), standing=soft, now=until + 5 * DAY).standing
    return {
        "tenant": explain(suspended, "The bakery"),
        "new": explain(BAKERY),
        "question": explain(question),
        "hard": explain(question, recipient="gone0@web.de"),
        "soft": explain(soft, "The bakery", "Full@web.de"),
        "after the block": explain(again, recipient="full@web.de"),
        "complaint": explain(everything().standing, recipient="angry0@yahoo.com"),
        "manual": explain(block(BAKERY, "a@b.c", **ADA), recipient="a@b.c"),
        "nobody": explain(BAKERY, recipient="a@b.c"),
    }


SCENARIOS = {
    "everything a little": everything,
    "hard bounces suspend": lambda: judged(e.bounced(25), e.delivered(100), domain="bakery.example"),
    "hard bounces, sends unknown": lambda: judged(e.bounced(6)),
    "large tenant": lambda: judged(e.bounced(30), e.delivered(1_100)),
    "hard flood": lambda: judged(e.bounced(22, ago=3 * HOUR), e.delivered(190, ago=4 * HOUR), fast=True),
    "hard flood, sends unknown": lambda: judged(e.bounced(40, ago=3 * HOUR), fast=True),
    "complaints": lambda: judged(e.complained(6), e.delivered(700)),
    "complaints, nothing delivered": lambda: judged(e.complained(2)),
    "complaints, all at gmail": lambda: judged(e.complained(2), e.delivered(9, domain="gmail.com")),
    "complaint flood": lambda: judged(
        e.complained(6, ago=3 * HOUR), e.delivered(300, ago=4 * HOUR), fast=True
    ),
    "third complaint": lambda: judged(e.delivered(60), [event(Kind.COMPLAINT, "angry@web.de") for _ in range(3)]),
    "first complaint, strict": lambda: judged(e.complained(1), policy=resolve_policy("strict")),
    "soft block and its end": lambda: [
        first := judged(softs(9, 7, 3)), judged(standing=first.standing, now=NOW + 31 * DAY),
    ],
    "many soft bounces": lambda: judged(e.many(Kind.SOFT, 30, name="soft"), e.delivered(100)),
    "soft bounces, sends unknown": lambda: judged(e.many(Kind.SOFT, 3, name="soft")),
    "one virus": lambda: judged(e.viruses(1)),
    "many viruses": lambda: judged(e.viruses(120)),
    "two incidents": lambda: judged(e.viruses(3, ago=9 * DAY), e.viruses(2)),
    "guessing": lambda: judged(unknown(PEOPLE), e.delivered(3, domain="acme.example"), e.delivered(400)),
    "guessing, dead server": dead_server,
    "second suspension": second_suspension,
    "bounce after unblock": after_unblock,
    "outages": outages,
    "account": guard,
    "blast radius": lambda: check_blast_radius([judged(e.viruses(1))], 12, e.STANDARD).sentence(),
    "operator": operator,
    "explained": explained,
    "blocked at": lambda: commands.blocked_at(judged(e.bounced(2)).standing, "Web.de", NOW, NOW),
}  # fmt: skip


def decision(name):
    """One scenario as JSON data; event ids count from zero in each. Of the windows only a hash, but in the first."""
    e._numbers = itertools.count()
    found = json.loads(msgspec.json.encode(SCENARIOS[name](), order="deterministic"))
    return found if name == next(iter(SCENARIOS)) else _short(found)


def _short(value):
    if isinstance(value, dict):
        return {k: digest(v) if k == "windows" else _short(v) for k, v in value.items() if k != "actions"}
    return [_short(each) for each in value] if isinstance(value, list) else value


def main():
    text = json.dumps({name: decision(name) for name in SCENARIOS}, indent=1, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
