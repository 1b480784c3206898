"""After an audit: each tenant's behaviour report and the fleet's page into the bucket, the digest to the operator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct import documents, ledger
from provisioner.conduct.audit import Report
from provisioner.conduct.outside import Outside
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
from provisioner.report.data import ReportData
from provisioner.rules import resolve_policy

_TRIES = 3
INDEX = "dashboard/index.html"


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
    pages: list[str] = []
    errors: list[str] = []
    found: list[ReportData] = []
    for one in report.judged:
        try:
            data = _data(report, one.tenant, outside.archive, now, overrides or {})
            rendered = render_report(data)
            base = f"reports/{one.tenant}/{iso_week(now)}"
            replace(outside.archive, f"{base}.html", rendered.html.encode())
            replace(outside.archive, f"{base}.json", rendered.json.encode())
        except (InnkeeperError, Conflict) as err:
            errors.append(f"report of {one.tenant}: {err}")
        else:
            pages.append(f"{base}.html")
            found.append(data)
    sent = False
    if fleet is not None:
        sent = _publish_fleet(report, found, outside, now, fleet, errors)
        pages.append(INDEX)
    return Published(pages=tuple(pages), digest_sent=sent, errors=tuple(errors))


def _data(report: Report, tenant: str, archive: Archive, now: datetime, overrides: Mapping[str, Any]) -> ReportData:
    manifest = documents.read_manifest(archive, tenant)
    standing, _ = documents.read_standing(archive, tenant)
    policy = resolve_policy(manifest.profile, overrides, manifest.overrides)
    verdicts = [one.verdict for one in report.judged if one.tenant == tenant]
    return build_report(manifest, standing, verdicts, policy, now, collected=now)


def _publish_fleet(
    report: Report,
    found: Sequence[ReportData],
    outside: Outside,
    now: datetime,
    fleet: Sequence[str],
    errors: list[str],
) -> bool:
    digest = build_digest(found, fleet=fleet, week=iso_week(now), now=now, alerts=alerts(report))
    sent = False
    try:
        replace(outside.archive, INDEX, render_index(digest).encode())
        if report.judged and not report.stopped:
            rendered = render_digest(digest)
            attachment = (f"fleet-{iso_week(now)}.csv", "text/csv", rendered.csv.encode())
            mail = Mail(
                message_id=f"digest-{iso_week(now)}",
                to=(report.judged[0].case.manifest.operator,),
                subject=digest_subject(digest),
                text=rendered.text,
                html=rendered.html,
                attachments=(attachment,),
            )
            sent = _once(outside, f"runs/{ledger.week(now)}/digest.json", mail)
    except (InnkeeperError, Conflict) as err:
        errors.append(f"fleet: {err}")
    return sent


def alerts(report: Report) -> tuple[str, ...]:
    """Sentences about the run itself that a person must read first."""
    found = [report.stopped.partition("\n")[0]] if report.stopped else []
    account = report.account
    if account and (not account.sending_enabled or account.enforcement != "HEALTHY"):
        state = "on" if account.sending_enabled else "off"
        found.append(f"Amazon SES for the whole account: sending {state}, status {account.enforcement}.")
    found += [finding.evidence.sentence for finding in report.guard.findings]
    found += [outage.sentence() for outage in report.outages]
    found += [f"{tenant} was not judged: {why.partition(chr(10))[0]}" for tenant, why in report.not_judged.items()]
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
    """Store a page that may be written again."""
    for _ in range(_TRIES):
        stored = archive.get(key)
        if stored is not None and stored.body == body:
            return
        try:
            archive.put_if(key, body, stored.etag if stored else None)
        except Conflict:
            continue
        return
    raise Conflict(key)
