"""The audit of one run in one process: judge every tenant, count, only then act. ``phases`` does it in batches."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from provisioner.conduct import batches, ledger
from provisioner.conduct.acting import act, check, fleet_size
from provisioner.conduct.at_once import tell
from provisioner.conduct.aws_view import watch
from provisioner.conduct.enforce import Pace
from provisioner.conduct.fleet import guard_account, without_outages
from provisioner.conduct.judging import judge_all
from provisioner.conduct.outside import Outside, read_only
from provisioner.conduct.run import Report, Settings
from provisioner.ports import AccountState
from provisioner.rules import AccountGuard, condemns

__all__ = ["STOPPED", "Report", "Settings", "audit", "tell_of_account"]

STOPPED = "Audit stopped: too many tenants would be suspended"


def audit(
    tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, *, pace: Pace | None = None
) -> Report:
    """Judge all ``tenants``, check the blast radius, then store, enforce and notify one by one.

    A tenant that cannot be judged is left as it stands, and stops no other. A dry run changes nothing.
    """
    pace = pace or Pace()
    world = read_only(outside) if settings.dry_run else outside
    report = _judge(tenants, world, now, settings, pace)
    if not settings.dry_run:
        tell_of_account(report.account, report.guard, outside)
        if len(tenants) >= fleet_size(outside.archive, settings):
            report = msgspec.structs.replace(report, amazon=watch(outside, now))
    try:
        check(report.condemned, world.archive, now, settings)
    except ledger.TooManyError as err:
        if not settings.dry_run:
            tell(outside, STOPPED, str(err))
        return msgspec.structs.replace(report, stopped=str(err))
    if settings.dry_run:
        return report
    return act(report, outside, now, settings, pace)


def _judge(tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, pace: Pace) -> Report:
    whole = batches.whole(outside.archive, tenants)
    bench = judge_all(tenants, outside.archive, now, settings, pace, batches=whole)
    judged, outages = without_outages(list(bench.judged), outside.archive, now, settings)
    guard = AccountGuard()
    if len(tenants) >= fleet_size(outside.archive, settings):
        judged, guard = guard_account(judged, outside, now, settings, outages)
    return Report(
        at=now,
        of=len(tenants),
        judged=tuple(judged),
        not_judged=bench.not_judged,
        left=bench.left,
        condemned=tuple(one.tenant for one in judged if condemns(one.verdict)),
        outages=outages,
        account=outside.account.read(),
        guard=guard,
        batches=whole,
        dry_run=settings.dry_run,
    )


def tell_of_account(account: AccountState | None, guard: AccountGuard, outside: Outside) -> None:
    """Tell the operator at once what concerns the account as a whole: AWS stops it, not one tenant."""
    if guard.findings:
        text = "\n\n".join(finding.evidence.sentence for finding in guard.findings)
        tell(outside, "The account's bounce or complaint rate is near Amazon's limit", text)
    if account is None or (account.sending_enabled and account.enforcement == "HEALTHY"):
        return
    stopped = not account.sending_enabled or account.enforcement == "SHUTDOWN"
    tell(
        outside,
        "AWS has stopped sending for the whole account" if stopped else "AWS has put the account under review",
        f"Amazon SES sends {'nothing' if stopped else 'still'} for this account (enforcement status: "
        f"{account.enforcement}).\n"
        "Tenants are still judged, each by its own mail only; none is blamed for this.\n"
        "Look for AWS's mail to the account's address, and at the support case it names.",
    )
