"""M4: a week of generated SES messages, read by the collector's parser and judged, gives the truth for every tenant."""

import random
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.feedback.facts import decode_rows, encode_facts
from provisioner.feedback.parse import Accepted, parse_message
from provisioner.model.standing import Standing
from provisioner.rules import decide, resolve_policy

sys.path.insert(0, str(Path(__file__).parents[1] / "feedback"))
from feedback_weeks import bodies, gen_events, source_of

# The truth knows the whole of what was generated, late events from before the week included.
POLICY = resolve_policy("standard", {"guessing.window_days": 14})
WEEKS = {
    "conduct": {"mix": "conduct", "events": 10_000, "tenants": 8},
    "feedback": {"mix": "feedback", "events": 2_500, "tenants": 20},
    "many duplicates": {
        "mix": "conduct",
        "events": 4_000,
        "tenants": 5,
        "duplicates": 0.2,
        "second_path": 0.1,
        "late": 0.1,
    },
}


def events_of(config):
    found = defaultdict(list)
    for tenant, arrived, body in bodies(config, "sns"):
        parsed = parse_message(body, source_of(tenant), arrived=arrived)
        if isinstance(parsed, Accepted):
            found[tenant] += parsed.events
    return found


def in_batches(events, tenant):
    """As stored facts, in four objects that overlap, in another order than they came."""
    rng = random.Random(tenant)  # noqa: S311
    mixed = [*events, *rng.choices(events, k=len(events) // 10)]
    rng.shuffle(mixed)
    quarter = len(mixed) // 4 + 1
    for start in range(0, len(mixed), quarter):
        yield list(decode_rows(encode_facts(tenant, mixed[start : start + quarter])))


def found_by(verdict):
    """What was decided, in the words of the truth."""
    reasons = defaultdict(set)
    for address, block in verdict.standing.blocks.items():
        reasons[block.reason].add(address)
    counts = verdict.counts
    return {
        "blocked": reasons,
        "virus_incidents": counts["virus incidents"],
        "complainants": counts["complainants"],
        "sends": counts["sends"] if counts["deliveries"] else None,
        "guessed": {
            one.evidence.numbers["domain"]: one.evidence.numbers["unknown users"]
            for one in verdict.findings
            if one.evidence.rule == "guessing" and one.severity == "act"
        },
    }


def wanted(truth):
    hard, complainers = set(truth["hard_addresses"]), set(truth["complainers"])
    blocked = {"hard": hard, "complaint": complainers - hard, "soft": set(truth["soft_blocked"]) - hard - complainers}
    return {
        "blocked": {reason: addresses for reason, addresses in blocked.items() if addresses},
        "virus_incidents": truth["virus_incidents"],
        "complainants": truth["complainants"],
        "sends": truth["sends"] if truth["kinds"].get("Delivery") else None,
        "guessed": truth["guessed"],
    }


@pytest.mark.parametrize("week", WEEKS.values(), ids=WEEKS)
def test_the_truth_of_every_tenant_is_found(week):
    """C1-C4, C6, C7, C9, B10-B13, B15: in any order, with repetitions, at once or in four audits."""
    config = gen_events.Config(seed="rules", **week)
    truth = gen_events.generate(config)[1]["tenants"]
    now = datetime.fromisoformat(config.start).replace(tzinfo=UTC) + timedelta(days=config.days, hours=1)
    found = events_of(config)
    for tenant, facts in truth.items():
        events = found[tenant]
        whole = decide(events, Standing(tenant=tenant), POLICY, now)
        assert found_by(whole) == wanted(facts), tenant
        standing = Standing(tenant=tenant)
        for batch in in_batches(events, tenant):
            last = decide(batch, standing, POLICY, now)
            standing = last.standing
        assert found_by(last)["blocked"]["hard"] == set(facts["hard_addresses"])
        for name in ("virus_incidents", "complainants", "sends"):
            assert found_by(last)[name] == wanted(facts)[name]
    assert any(facts["guessed"] for facts in truth.values())
    assert any(facts["soft_blocked"] for facts in truth.values())
