"""After an audit: each tenant's behaviour report and the fleet's page into the bucket, the digest to the operator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from provisioner.conduct import documents, last_audit, ledger, undelivered
from provisioner.conduct.aws_view import words
from provisioner.conduct.outside import Outside
from provisioner.conduct.pages import Published, publish_pages, replace
from provisioner.conduct.run import Report
from provisioner.errors import InnkeeperError
from provisioner.ports import Conflict, Mail
from provisioner.report import build_digest, digest_subject, iso_week, render_digest, render_index
from provisioner.report.data import Report as Rendered
from provisioner.report.data import ReportData
from provisioner.report.digest import Digest, attachment

_MANY = 50  # sentences about single tenants, in a mail that must be read
INDEX = "dashboard/index.html"
FLEET_CSV = "dashboard/fleet.csv"  # all tenants; the mail carries as many as keep it small


def publish(
    report: Report,
    outside: Outside,
    now: datetime,
    *,
    fleet: Sequence[str] | None,
    overrides: Mapping[str, Any] | None = None,
) -> Published:
    """Write what the audit found. ``fleet``: all tenants there are; None: the run was over a part, so no fleet page.

    The digest is mailed once an ISO week; pages of the same week are written over. That everybody was audited is
    noted last.
    """
    pages, found = publish_pages(report, outside.archive, now, overrides=overrides)
    if fleet is None:
        return pages
    operator = report.judged[0].case.manifest.operator if report.judged and not report.stopped else None
    whole = publish_fleet(found, outside, now, fleet=fleet, alerts=alerts(report), operator=operator)
    if not report.stopped:
        last_audit.mark(outside.archive, now, judged=(one.tenant for one in report.judged), fleet=fleet)
    return Published(
        pages=(*pages.pages, *whole.pages), digest_sent=whole.digest_sent, errors=(*pages.errors, *whole.errors)
    )


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
    said = (*alerts, *undelivered.alerts(outside.archive))
    digest = build_digest(found, fleet=fleet, week=iso_week(now), now=now, alerts=said)
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
