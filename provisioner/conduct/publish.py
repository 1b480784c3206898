"""After an audit: each tenant's behaviour report and the fleet's page into the bucket, the digest to the operator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct import documents, ledger
from provisioner.conduct.aws_view import words
from provisioner.conduct.judge import Judged
from provisioner.conduct.outside import Outside
from provisioner.conduct.readings import last_read
from provisioner.conduct.run import Report
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive, Conflict, Mail
from provisioner.report import (
    build_digest,
    build_report,
    digest_subject,
    iso_week,
    render_digest,
    render_index,
    render_report,
)
from provisioner.report.data import Report as Rendered
from provisioner.report.data import ReportData
from provisioner.report.digest import Digest, attachment
from provisioner.rules import resolve_policy

_TRIES = 3
_MANY = 50  # sentences about single tenants, in a mail that must be read
INDEX = "dashboard/index.html"
FLEET_CSV = "dashboard/fleet.csv"  # all tenants; the mail carries as many as keep it small


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of the pages written, whether the digest went out now, and what failed."""

    pages: tuple[str, ...] = ()
    digest_sent: bool = False
    errors: tuple[str, ...] = ()


def publish(
    report: Report,
    outside: Outside,
    now: datetime,
    *,
    fleet: Sequence[str] | None,
    overrides: Mapping[str, Any] | None = None,
) -> Published:
    """Write what the audit found. ``fleet``: all tenants there are; None: the run was over a part, so no fleet page.

    The digest is mailed once an ISO week; pages of the same week are written over.
    """
    pages, found = publish_pages(report, outside, now, overrides=overrides)
    if fleet is None:
        return pages
    operator = report.judged[0].case.manifest.operator if report.judged and not report.stopped else None
    whole = publish_fleet(found, outside, now, fleet=fleet, alerts=alerts(report), operator=operator)
    return Published(
        pages=(*pages.pages, *whole.pages), digest_sent=whole.digest_sent, errors=(*pages.errors, *whole.errors)
    )


def publish_pages(
    report: Report, outside: Outside, now: datetime, *, overrides: Mapping[str, Any] | None = None
) -> tuple[Published, tuple[ReportData, ...]]:
    """Write the page of every tenant that was judged; what they say is also returned, for the fleet's page."""
    pages: list[str] = []
    found: list[ReportData] = []
    collected, errors = _last_read(outside.archive)
    # What was carried out is noted in the standing, and a run that was stopped stored none: these are read again.
    carried_out = {done.tenant for done in report.done}
    for one in report.judged:
        moved = bool(report.stopped) or one.tenant in carried_out
        try:
            data = _data(one, outside.archive, now, overrides or {}, collected.get(one.tenant), moved=moved)
            rendered = render_report(data)
            base = f"reports/{one.tenant}/{iso_week(now)}"
            replace(outside.archive, f"{base}.html", rendered.html.encode())
            replace(outside.archive, f"{base}.json", rendered.json.encode())
            replace(outside.archive, f"{base}.csv", rendered.csv.encode())
        except (InnkeeperError, Conflict) as err:
            errors.append(f"report of {one.tenant}: {err}")
        else:
            pages.append(f"{base}.html")
            found.append(data)
    return Published(pages=tuple(pages), errors=tuple(errors)), tuple(found)


def _last_read(archive: Archive) -> tuple[dict[str, datetime], list[str]]:
    """When queues were last read to their end. A note that cannot be read makes no week a quiet one."""
    try:
        return last_read(archive), []
    except InnkeeperError as err:
        return {}, [f"when queues were last read: {err}"]


def _data(
    one: Judged,
    archive: Archive,
    now: datetime,
    overrides: Mapping[str, Any],
    collected: datetime | None,
    *,
    moved: bool,
) -> ReportData:
    manifest = one.case.manifest
    standing = one.verdict.standing
    if moved:
        standing, _ = documents.read_standing(archive, one.tenant)
    policy = resolve_policy(manifest.profile, overrides, manifest.overrides)
    return build_report(manifest, standing, [one.verdict], policy, now, collected=collected)


def publish_fleet(
    found: Sequence[ReportData],
    outside: Outside,
    now: datetime,
    *,
    fleet: Sequence[str],
    alerts: Sequence[str],
    operator: str | None,
) -> Published:
    """Write the fleet's page and, once an ISO week, mail the digest to ``operator`` (None: nobody)."""
    digest = build_digest(found, fleet=fleet, week=iso_week(now), now=now, alerts=alerts)
    try:
        rendered = render_digest(digest)
        replace(outside.archive, INDEX, render_index(digest).encode())
        replace(outside.archive, FLEET_CSV, rendered.csv.encode())
        mark = f"runs/{ledger.week(now)}/digest.json"
        sent = operator is not None and _once(outside, mark, _mail(digest, rendered, operator))
    except (InnkeeperError, Conflict) as err:
        return Published(pages=(INDEX,), errors=(f"fleet: {err}",))
    return Published(pages=(INDEX,), digest_sent=sent)


def _mail(digest: Digest, rendered: Rendered, operator: str) -> Mail:
    worst, _ = attachment(digest)
    return Mail(
        message_id=f"digest-{digest.week}",
        to=(operator,),
        subject=digest_subject(digest),
        text=rendered.text,
        html=rendered.html,
        attachments=((f"fleet-{digest.week}.csv", "text/csv", worst.encode()),),
    )


def alerts(report: Report) -> tuple[str, ...]:
    """Sentences about the run itself that a person must read first."""
    found = [report.stopped.partition("\n")[0]] if report.stopped else []
    account = report.account
    if account and (not account.sending_enabled or account.enforcement != "HEALTHY"):
        state = "on" if account.sending_enabled else "off"
        found.append(f"Amazon SES for the whole account: sending {state}, status {account.enforcement}.")
    found += [finding.evidence.sentence for finding in report.guard.findings]
    found += [f"{tenant}: {line}" for tenant, view in report.amazon.views.items() for line in words(view)]
    found += report.amazon.errors
    found += [outage.sentence() for outage in report.outages]
    why = list(report.not_judged.items())
    found += [f"{tenant} was not judged: {reason.partition(chr(10))[0]}" for tenant, reason in why[:_MANY]]
    if len(why) > _MANY:
        found.append(f"{len(why) - _MANY} more tenants were not judged.")
    if report.left:
        found.append(f"Time ran out: {len(report.left)} tenants were left for the next run.")
    return tuple(found)


def _once(outside: Outside, mark: str, mail: Mail) -> bool:
    """Send a mail that is owed once a period. Dying between sending and the mark repeats it, under the same id."""
    if outside.archive.get(mark) is not None:
        return False
    outside.mailer.send(mail)
    outside.archive.put_new(mark, documents.pretty({"message_id": mail.message_id}))
    return True


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
