"""Judge one tenant now, by the rules that cannot wait for the audit: viruses and floods."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from provisioner.conduct import documents, ledger
from provisioner.conduct.carry_out import Done, carry_out, released_by
from provisioner.conduct.enforce import Pace, due
from provisioner.conduct.facts import moment
from provisioner.conduct.judge import Judged, judge, open_case
from provisioner.conduct.notify import owed
from provisioner.conduct.outside import Outside
from provisioner.conduct.store import store
from provisioner.errors import InnkeeperError
from provisioner.model.event import Event
from provisioner.rules import resolve_policy
from provisioner.rules.blast_radius import condemns, limit_of

LONG = timedelta(days=28)


class AtOnce(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``judged`` None: nothing to do, so nothing was written."""

    tenant: str
    judged: Judged | None = None
    done: Done | None = None


def judge_at_once(
    tenant: str,
    outside: Outside,
    now: datetime,
    *,
    overrides: Mapping[str, Any] | None = None,
    extra: Iterable[Event] = (),
    drill: bool = False,
    pace: Pace | None = None,
) -> AtOnce:
    """Judge by the fast rules; if they act: store, enforce, notify.

    ``extra`` are events that are not stored as facts yet; when they come again from the queue they change nothing.
    A suspension that a run before this one left half done is completed.
    """
    events = tuple(extra)

    def fresh() -> Judged:
        case = open_case(outside.archive, tenant, overrides or {})
        return judge(case, outside.archive, now, extra=events, fast=True, drill=drill)

    one = fresh()
    if not one.verdict.actions and not one.changed and not _long_quiet(one, now):
        return _complete(one, outside, now, pace)
    one = store(
        one,
        outside.archive,
        now,
        again=fresh,
        guard=lambda each: _guard(each, outside, now, overrides or {}),
        by="fast",
    )
    must_enforce = due(one.verdict.standing, now)
    done = carry_out(
        one.case.manifest, outside, now, pace=pace, released=released_by(one.verdict), must_enforce=must_enforce
    )
    return AtOnce(tenant=tenant, judged=one, done=done)


def _long_quiet(one: Judged, now: datetime) -> bool:
    """Whether it took a listing for each of many days to find what is new: stored once, it will not again."""
    mark = moment(one.case.standing.watermark)
    return bool(one.keys) and mark is not None and now - mark > LONG


def _complete(one: Judged, outside: Outside, now: datetime, pace: Pace | None) -> AtOnce:
    standing = one.case.standing
    owes = standing.enforcement is not None and not standing.enforcement.complete
    if not owes and not owed(standing):
        return AtOnce(tenant=one.tenant)
    return AtOnce(tenant=one.tenant, done=carry_out(one.case.manifest, outside, now, pace=pace, must_enforce=owes))


def _guard(one: Judged, outside: Outside, now: datetime, overrides: Mapping[str, Any]) -> None:
    """The limit on a day's suspensions; a batch, a worker or a retry is no way around it."""
    if not condemns(one.verdict):
        return
    archive = outside.archive
    fleet = sum(1 for _ in documents.tenants(archive))
    limit = limit_of(fleet, resolve_policy("standard", overrides))
    try:
        ledger.check(archive, ledger.day(now), {one.tenant}, limit=limit, fleet=fleet)
    except ledger.TooManyError as err:
        tell(outside, f"{one.tenant} was not suspended: too many today", str(err))
        raise
    ledger.record(archive, ledger.day(now), one.tenant)


def tell(outside: Outside, subject: str, text: str) -> None:
    """Tell the operator if it can be done; the caller's own report says the same."""
    try:
        outside.operator.tell(subject, text)
    except InnkeeperError:
        return
