"""Quotas of the AWS account, looked at before something is made: a run that would meet one does not begin. Pure."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from provisioner.onboarding.changes import Changes


class Room(msgspec.Struct, frozen=True):
    """How many of a kind there are and may be. ``kind`` is Terraform's word."""

    kind: str
    what: str
    used: int
    limit: int


# Each tenant has one of these. Of SES identities there may be 10,000, so users run out first.
COUNTED = ("aws_iam_user", "aws_route53_zone")


def wanted(plans: Iterable[Changes]) -> Counter[str]:
    """How many more of each counted kind these plans would make."""
    kinds = (change.address.partition(".")[0] for changes in plans for change in changes.of("create"))
    return Counter(kind for kind in kinds if kind in COUNTED)


def shortages(more: Counter[str], rooms: Iterable[Room]) -> list[str]:
    """What there is no room for, a sentence each."""
    return [
        f"{more[room.kind]} {room.what} are to be made, and there is room for {max(0, room.limit - room.used)} "
        f"({room.used:,} of {room.limit:,})"
        for room in rooms
        if room.used + more[room.kind] > room.limit
    ]
