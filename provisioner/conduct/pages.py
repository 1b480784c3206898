"""After an audit: the behaviour report of every tenant with news into the bucket, and the copies for the next one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct import documents
from provisioner.conduct.copies import Copy, keep
from provisioner.conduct.facts import overlapping
from provisioner.conduct.judge import Judged, Last
from provisioner.conduct.readings import last_read
from provisioner.conduct.run import Report
from provisioner.errors import InnkeeperError
from provisioner.model.standing import Standing
from provisioner.ports import Archive, Conflict
from provisioner.report import build_report, render_report
from provisioner.report.data import ReportData
from provisioner.rules import resolve_policy

_TRIES = 3


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of the pages written, whether the digest went out now, and what failed."""

    pages: tuple[str, ...] = ()
    digest_sent: bool = False
    errors: tuple[str, ...] = ()


def publish_pages(
    report: Report, archive: Archive, now: datetime, *, overrides: Mapping[str, Any] | None = None
) -> tuple[Published, tuple[ReportData, ...]]:
    """Write the page of every tenant with news; what is true of all is also returned, for the fleet's page.

    A quiet tenant's newest page stays as it is, and is the one its ``week`` names. Copies of all are left for the
    next run.
    """
    pages: list[str] = []
    found: dict[str, ReportData] = {}
    copies: dict[str, Copy | None] = {}
    collected, errors = _last_read(archive)
    # What was carried out is noted in the standing, and a run that was stopped stored none: these are read again.
    carried_out = {done.tenant for done in report.done}
    for one in report.judged:
        try:
            stored = _stored(one, archive, again=bool(report.stopped) or one.tenant in carried_out)
            data = _data(one, stored.shown, now, overrides or {}, collected.get(one.tenant))
            if stored.again or _is_news(one, data):
                pages.append(_write(archive, data))
            else:
                data = msgspec.structs.replace(data, week=one.case.last.page)
        except (InnkeeperError, Conflict) as err:
            errors.append(f"report of {one.tenant}: {err}")
        else:
            found[one.tenant] = data
            copies[one.tenant] = stored.copy(one, data)
    errors += _keep(archive, report.batches, copies)
    return Published(pages=tuple(pages), errors=tuple(errors)), tuple(found.values())


def _is_news(one: Judged, data: ReportData) -> bool:
    """Whether the newest page does not say it: something came or was decided, or nobody knows whether anything did."""
    last = one.case.last
    doubt = "uncollected" in (data.activity, last.activity) and data.activity != last.activity
    return doubt or not (one.quiet and last.page)


def _write(archive: Archive, data: ReportData) -> str:
    rendered = render_report(data)
    base = f"reports/{data.tenant}/{data.week}"
    replace(archive, f"{base}.html", rendered.html.encode())
    replace(archive, f"{base}.json", rendered.json.encode())
    replace(archive, f"{base}.csv", rendered.csv.encode())
    return f"{base}.html"


class _Stored(msgspec.Struct, frozen=True):
    """A tenant's standing as it lies in the bucket with its tag, and as its page shows it."""

    standing: Standing
    etag: str | None
    shown: Standing
    again: bool = False  # read after it was carried out

    def copy(self, one: Judged, data: ReportData) -> Copy | None:
        """What the next audit may start from; None where nothing is stored."""
        if self.etag is None:
            return None
        last = Last(page=data.week, activity=data.activity)
        after = (one.case if one.quiet else one.verdict).standing
        if self.standing.watermark == after.watermark:  # another: somebody stored a standing that we did not judge
            mark = one.verdict.standing.watermark
            last = msgspec.structs.replace(last, mark=mark, keys=overlapping(one.tenant, one.keys, mark))
        case = one.case
        return Copy(
            manifest=case.manifest,
            manifest_etag=case.manifest_etag,
            standing=self.standing,
            etag=self.etag,
            last=last,
        )


def _stored(one: Judged, archive: Archive, *, again: bool) -> _Stored:
    if again:
        standing, etag = documents.read_standing(archive, one.tenant)
        return _Stored(standing, etag, standing, again=True)
    shown = one.verdict.standing
    return _Stored(one.case.standing, one.case.etag, shown) if one.quiet else _Stored(shown, one.etag, shown)


def _keep(archive: Archive, batches: Mapping[str, Sequence[str]], copies: Mapping[str, Copy | None]) -> list[str]:
    """Keep the copies; why one could not be kept. Without it the next run reads everybody, and is none the worse."""
    errors = []
    for batch, tenants in batches.items():
        kept = [copy for tenant in tenants if (copy := copies.get(tenant)) is not None]
        try:
            keep(archive, batch, kept)
        except InnkeeperError as err:
            errors.append(f"copies of batch {batch}: {err}")
    return errors


def _last_read(archive: Archive) -> tuple[dict[str, datetime], list[str]]:
    """When queues were last read to their end. A note that cannot be read makes no week a quiet one."""
    try:
        return last_read(archive), []
    except InnkeeperError as err:
        return {}, [f"when queues were last read: {err}"]


def _data(
    one: Judged, standing: Standing, now: datetime, overrides: Mapping[str, Any], collected: datetime | None
) -> ReportData:
    manifest = one.case.manifest
    policy = resolve_policy(manifest.profile, overrides, manifest.overrides)
    return build_report(manifest, standing, [one.verdict], policy, now, collected=collected)


def replace(archive: Archive, key: str, body: bytes) -> None:
    """Store a page that may be written again. Most are new each week, so one call is the rule."""
    etag = None
    for _ in range(_TRIES):
        try:
            archive.put_if(key, body, etag)
        except Conflict:
            stored = archive.get(key)
            if stored is not None and stored.body == body:
                return
            etag = stored.etag if stored else None
        else:
            return
    raise Conflict(key)
