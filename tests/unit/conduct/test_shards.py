import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.conduct.shards import LIMIT, SHARDS, pack, policy, recipients
from provisioner.sandbox.policy import evaluate

addresses = st.one_of(
    st.from_regex(r"[a-z0-9.]{1,30}@[a-z]{1,10}\.test", fullmatch=True),
    st.sampled_from(["*@gmail.com", "a?@x.test", "${aws:username}@x.test", "$@x.test", "$$${$}@x.test", "ü@x.test"]),
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60).map(lambda text: f"{text}@x.test"),
)
lists = st.lists(addresses, max_size=80, unique=True)


@given(lists)
def test_a_policy_denies_exactly_the_addresses_it_was_made_of(names):
    """D12: whatever characters an address holds, it comes back as it was, and means itself alone."""
    document = json.loads(policy(names))
    assert recipients(document) == tuple(names)
    values = document["Statement"][0]["Condition"]["ForAnyValue:StringEqualsIgnoreCase"]["ses:Recipients"]
    assert all("${" not in value.replace("${$}", "") for value in values)
    assert policy(names).isascii()


@given(lists, lists, st.lists(addresses, max_size=80, unique=True))
def test_packing_places_every_address_once_within_the_limits_and_moves_nothing_needlessly(first, more, wanted):
    before = pack(first + more, {}).shards
    packing = pack(wanted, before)
    placed = [name for members in packing.shards.values() for name in members]
    assert sorted([*placed, *packing.overflow]) == sorted(wanted)
    assert all(1 <= n <= SHARDS and len(policy(members)) <= LIMIT for n, members in packing.shards.items())
    stays = {name: n for n, members in before.items() for name in members if name in set(wanted)}
    if not packing.overflow:
        assert all(name in packing.shards[n] for name, n in stays.items())
    after = {**before, **packing.changes(before)}
    assert {n: set(m) for n, m in after.items() if m} == {n: set(m) for n, m in packing.shards.items()}


ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}],
}


def allowed(blocked, *to):
    context = {"ses:Recipients": list(to), "aws:username": "inn-bakery-smtp"}
    return evaluate([ALLOW, json.loads(policy(blocked))], None, "ses:SendRawEmail", "arn:x", context).allowed


@pytest.mark.parametrize(
    ("blocked", "still_free"),
    [
        ("*@gmail.com", "ann@gmail.com"),
        ("a?@x.test", "ab@x.test"),
        ("${aws:username}@x.test", "inn-bakery-smtp@x.test"),
        ("${*}@x.test", "*@x.test"),
        ("$@x.test", "${$}@x.test"),
        ("ann+shop@x.test", "ann@x.test"),
    ],
)
def test_a_hostile_address_blocks_itself_and_nobody_else(blocked, still_free):
    """D12: judged by an evaluator that knows wild cards and policy variables."""
    assert not allowed([blocked], blocked)
    assert not allowed([blocked], blocked.upper()) or "$" in blocked
    assert not allowed([blocked], still_free, blocked)
    assert allowed([blocked], still_free)


@given(addresses, addresses)
def test_blocking_one_address_never_blocks_another(blocked, other):
    """D12."""
    assert not allowed([blocked], blocked)
    assert allowed([blocked], other) or blocked.casefold() == other.casefold() or blocked.lower() == other.lower()


def test_nothing_changes_nothing():
    names = [f"a{n}@x.test" for n in range(400)]
    shards = pack(names, {}).shards
    assert pack(names[::-1], shards).changes(shards) == {}


def test_when_the_policies_are_full_the_most_important_stay():
    """D11: most important first in the list; the least important are the ones named as overflow."""
    names = [f"someone{n:05d}@example.org" for n in range(4_000)]
    packing = pack(names, pack(names[2_000:], {}).shards)
    placed = [name for members in packing.shards.values() for name in members]
    assert sorted(placed) == names[: len(placed)]
    assert list(packing.overflow) == names[len(placed) :]
    assert len(packing.shards) == SHARDS


def test_a_policy_somebody_edited_is_not_ours():
    document = json.loads(policy(["a@x.test"]))
    document["Statement"][0]["Effect"] = "Allow"
    assert recipients(document) == ()
    assert recipients({}) == ()
    assert recipients({"Statement": "x"}) == ()
