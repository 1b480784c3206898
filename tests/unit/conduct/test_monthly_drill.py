"""The drill that runs by itself: whose turn, how long, what the alarm reads."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from provisioner.conduct.documents import pretty
from provisioner.conduct.drill import Drill
from provisioner.conduct.enforce import Pace
from provisioner.conduct.monthly_drill import (
    TIDY_SECONDS,
    Drilled,
    drill_metrics,
    drill_summary,
    monthly_drill,
    timing,
    whose_turn,
)
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.ports import Stored

BAKERY = Manifest(
    tenant="bakery", name="Bakery", domain="bakery.example", account="1", region="eu-central-1", prefix="inn",
    configuration_set="s", topic_arn="t", queue_url="q", user="u", secret="s", contacts=(), from_address="a@b.example",
    from_name="B", operator="o@ops.example", notices_from="n@ops.example",
)  # fmt: skip
NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
NAMES = ("bakery", "cinema", "florist")


def month(number):
    return datetime(2026 + (number - 1) // 12, (number - 1) % 12 + 1, 1, tzinfo=UTC)


def test_each_month_another_and_after_all_of_them_the_first_again():
    turns = [whose_turn(NAMES, lambda _: True, month(n)) for n in range(11, 17)]  # over the turn of the year
    assert turns[:3] == turns[3:]
    assert sorted(turns[:3]) == list(NAMES)


@pytest.mark.parametrize("who_may", [{"bakery"}, {"florist"}, {"bakery", "cinema"}])
def test_those_that_may_not_send_are_passed_over(who_may):
    assert {whose_turn(NAMES, who_may.__contains__, month(n)) for n in range(1, 4)} == who_may


@pytest.mark.parametrize("names", [(), NAMES])
def test_where_nobody_may_send_there_is_no_turn(names):
    assert whose_turn(names, lambda _: False, NOW) is None


def test_lambdas_end_leaves_time_to_take_the_block_away():
    inside = timing(lambda: NOW, Pace(seconds_left=lambda: 900.0), pause=3)
    assert inside.deadline == NOW + timedelta(seconds=900 - TIDY_SECONDS)
    assert timing(lambda: NOW, Pace(seconds_left=lambda: 30.0), pause=3).deadline == NOW
    assert timing(lambda: NOW, Pace(), pause=3).deadline is None


class Manifests:
    """What is read to find a turn: nobody was judged yet, so everybody may send."""

    def keys(self, prefix, after=""):
        return iter([f"fleet/{name}.json" for name in NAMES] if prefix == "fleet/" else [])

    def get(self, key):
        name = key.removeprefix("fleet/").removesuffix(".json")
        return Stored(pretty(msgspec.structs.replace(BAKERY, tenant=name)), "tag") if name in NAMES else None


def result(problem=""):
    return lambda tenant: Drill(tenant=tenant, run="1", recipient="x", hops=(), problem=problem)


def impossible(tenant):
    raise InnkeeperError(f"{tenant} has no SMTP credentials yet", hint="innkeeper apply")


@pytest.mark.parametrize(
    ("walk", "failed", "words"),
    [
        (result(), 0, "the whole chain works"),
        (result("no event of the mail arrived"), 1, "no event of the mail arrived"),
        (impossible, 1, "no SMTP credentials"),
    ],
    ids=["works", "broken", "impossible"],
)
def test_a_drill_that_is_impossible_rings_like_one_that_failed(walk, failed, words):
    drilled = monthly_drill(Manifests(), walk, NOW, verified=lambda _: True)
    assert drilled.tenant in NAMES
    assert drill_metrics(drilled) == {"DrillFailed": failed}
    assert words in drill_summary(drilled)["summary"]
    assert monthly_drill(Manifests(), walk, NOW, verified=lambda _: True, tenant="cinema").tenant == "cinema"


def test_a_domain_that_is_still_being_set_up_is_passed_over():
    for number in range(1, 4):
        drilled = monthly_drill(Manifests(), result(), month(number), verified=lambda each: each.tenant == "cinema")
        assert drilled.tenant == "cinema"
    assert monthly_drill(Manifests(), impossible, NOW, verified=lambda _: False).ok


def test_nobody_to_drill_is_no_alarm():
    assert drill_metrics(Drilled(tenant="")) == {"DrillFailed": 0}
    assert "nothing to prove" in drill_summary(Drilled(tenant=""))["summary"]
