"""Blocked recipients packed into IAM Deny policies: which address stands in which shard. Pure.

IAM's limits are 6,144 characters a policy (white space not counted) and ten policies a user; one is the
suspended policy, so nine shards remain. Shards change as little as possible: each write is an IAM policy version.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

SHARDS = 9
LIMIT = 6144

# StringEquals compares characters: "*" and "?" are no wildcards there. The IgnoreCase form, because a site may
# write Anna@Example.org while SES reports anna@example.org.
_OPERATOR = "ForAnyValue:StringEqualsIgnoreCase"
_KEY = "ses:Recipients"


class Packing(msgspec.Struct, frozen=True):
    """Recipients per shard, and those for which there was no room (least important last)."""

    shards: dict[int, tuple[str, ...]]
    overflow: tuple[str, ...] = ()

    def changes(self, current: Mapping[int, Sequence[str]]) -> dict[int, tuple[str, ...]]:
        """The shards to write, in the order that never leaves an address without its Deny.

        Shards that only gain come first: an address that moves is denied twice for a moment, never not at all.
        """
        numbers = sorted({*self.shards, *current})
        wanted = {number: self.shards.get(number, ()) for number in numbers}
        changed = [n for n in numbers if sorted(wanted[n]) != sorted(current.get(n, ()))]
        changed.sort(key=lambda n: (bool(set(current.get(n, ())) - set(wanted[n])), n))
        return {number: wanted[number] for number in changed}


def policy(recipients: Sequence[str]) -> str:
    """The policy document that denies exactly these recipients."""
    condition = {_OPERATOR: {_KEY: [_literal(recipient) for recipient in recipients]}}
    statement = {"Sid": "Blocked", "Effect": "Deny", "Action": "ses:SendRawEmail", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    # ASCII only: IAM takes no characters beyond Latin-1 in a policy, but it takes their escapes.
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True)


def recipients(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The recipients that a policy denies; none when it is not exactly one of ours (somebody edited it)."""
    try:
        values = document["Statement"][0]["Condition"][_OPERATOR][_KEY]
        found = tuple(str(value).replace("${$}", "$") for value in values)
    except (KeyError, IndexError, TypeError):
        return ()
    return found if json.loads(policy(found)) == document else ()


def _literal(recipient: str) -> str:
    # "${aws:username}" would be a policy variable, in StringEquals too; "${$}" is IAM's spelling of a plain "$".
    return recipient.replace("$", "${$}")


def _cost(recipient: str) -> int:
    return len(json.dumps(_literal(recipient), ensure_ascii=True)) + 1  # and its comma


_ROOM = LIMIT - len(policy(()))


def pack(wanted: Sequence[str], current: Mapping[int, Sequence[str]]) -> Packing:
    """Place ``wanted`` (most important first), moving nothing that already stands somewhere, as long as all fit."""
    important = list(dict.fromkeys(wanted))
    kept = _fill(important, _keep(important, current))
    if not kept.overflow:
        return kept
    return _fill(important, {})  # full: the most important ones, wherever they stood


def _keep(wanted: Sequence[str], current: Mapping[int, Sequence[str]]) -> dict[int, list[str]]:
    left = set(wanted)
    kept: dict[int, list[str]] = {}
    for number in sorted(current):
        here = [recipient for recipient in current[number] if recipient in left]
        left.difference_update(here)
        if here and 1 <= number <= SHARDS and sum(map(_cost, here)) <= _ROOM:
            kept[number] = list(dict.fromkeys(here))
        else:
            left.update(here)
    return kept


def _fill(wanted: Sequence[str], shards: dict[int, list[str]]) -> Packing:
    placed = {recipient for members in shards.values() for recipient in members}
    room = {n: _ROOM - sum(map(_cost, shards.get(n, ()))) for n in range(1, SHARDS + 1)}
    overflow = []
    for recipient in wanted:
        if recipient in placed:
            continue
        number = next((n for n in room if room[n] >= _cost(recipient)), None)
        if number is None:
            overflow.append(recipient)
            continue
        shards.setdefault(number, []).append(recipient)
        room[number] -= _cost(recipient)
    return Packing({n: tuple(shards[n]) for n in sorted(shards)}, tuple(overflow))
