"""``innkeeper audit``: judge tenants by the conduct policy."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, wrapped, yes_option
from provisioner.cli.conducting import action_lines, action_words, done_lines, known_tenants, show_findings
from provisioner.cli.options import tenant_arguments, workers_option
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import count
from provisioner.conduct.audit import Report, Settings, audit
from provisioner.conduct.aws_view import words
from provisioner.conduct.judge import Judged
from provisioner.conduct.publish import publish
from provisioner.conduct.summary import audit_summary
from provisioner.config import config_error, load_policy_file
from provisioner.config.wiring import rule_options
from provisioner.exit_codes import Exit


@subcommand("audit")
@tenant_arguments
@click.option("--dry-run", is_flag=True, help="Only show what would be decided and done.")
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="With --dry-run: judge by these numbers, and show who would be treated differently.")  # fmt: skip
@click.option("--force", is_flag=True, help="Go on although unusually many tenants would be suspended.")
@click.option("--drill", is_flag=True, help="Let mailbox-simulator events count.")
@workers_option
@yes_option
@command_options
def command(
    app: App,
    tenant_ids: tuple[str, ...],
    dry_run: bool,
    policy: Path | None,
    force: bool,
    drill: bool,
    workers: int,
    yes: bool,
) -> int:
    """Judge tenants by what happened to their mail; then block, warn, suspend, tell.

    Shows the verdicts and asks before anything changes. Stops if it would suspend more than a tenth of the fleet.

    Example: innkeeper audit --dry-run
    """
    if policy is not None and not dry_run:
        raise click.UsageError("--policy shows what other numbers would do; it needs --dry-run")
    reach = Reach(app)
    tenants = known_tenants(reach, tenant_ids)
    settings = Settings(overrides=reach.platform.policy, force=force, drill=drill, workers=workers)
    if dry_run or not yes:  # a script that said yes needs no preview, which costs as much as the audit
        looking = msgspec.structs.replace(settings, dry_run=True)
        preview = audit(tenants, reach.outside, app.now(), looking)
        if policy is not None:
            return _compare(app, reach, tenants, preview, looking, _numbers(policy))
        if dry_run:
            app.emit(audit_summary(preview) | {"verdicts": _verdicts(preview)}, lambda out: _show(out, preview))
            return _code(preview)
        if any(one.verdict.actions for one in preview.judged):
            _show(app.err, preview)
            app.confirm("Do this?", yes=yes)
    report = audit(tenants, reach.outside, app.now(), settings)
    fleet = None if tenant_ids else tenants
    published = publish(report, reach.outside, app.now(), fleet=fleet, overrides=reach.platform.policy)

    def text(out: Console) -> None:
        _show(out, report)
        for page in published.pages:
            out.print(f"in the bucket: {safe(page)}")

    app.emit(audit_summary(report) | {"verdicts": _verdicts(report), "reports": published.pages}, text)
    for error in published.errors:
        app.say(error)
    return Exit.SOME_FAILED if published.errors and report.complete else _code(report)


def _numbers(path: Path) -> dict[str, Any]:
    loaded = load_policy_file(path, options=rule_options())
    if isinstance(loaded, tuple):
        raise config_error(loaded)
    return loaded


def _code(report: Report) -> int:
    if report.stopped:
        return Exit.REFUSED
    return Exit.DONE if report.complete else Exit.SOME_FAILED


def _verdicts(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "tenant": one.tenant,
            "before": one.verdict.before,
            "after": one.verdict.after,
            "actions": [action_words(action) for action in one.verdict.actions],
            "findings": [finding.evidence for finding in one.verdict.findings],
        }
        for one in report.judged
    ]


def _show(out: Console, report: Report) -> None:
    done = {one.tenant: one for one in report.done}
    for one in report.judged:
        _show_one(out, one)
        if one.tenant in done:
            for line in done_lines(done[one.tenant], short=True):
                wrapped(out, line, first="    ⇒ ", rest="      ")
    _show_fleet(out, report)
    for tenant, why in report.not_judged.items():
        out.print(f"[red]✗ not judged:[/] {safe(tenant)}: {safe(why)}")
    if report.stopped:
        out.print(f"[red]stopped:[/] {safe(report.stopped)}")
    out.print(report.sentence + (" (dry run: nothing was changed)" if report.dry_run else ""))


def _show_fleet(out: Console, report: Report) -> None:
    """What only the whole fleet shows: the account's rates, Amazon's own doings, outages."""
    for finding in report.guard.findings:
        out.print(f"[yellow]the whole account:[/] {safe(finding.evidence.sentence)}")
    for tenant, view in report.amazon.views.items():
        for line in words(view):
            out.print(f"[yellow]{safe(tenant)}:[/] {safe(line)}")
    for line in report.amazon.errors:
        out.print(f"[red]✗[/] {safe(line)}")
    for outage in report.outages:
        out.print(f"[yellow]held for a person:[/] {safe(outage.sentence())}")


def _show_one(out: Console, one: Judged) -> None:
    verdict = one.verdict
    change = str(verdict.after) if verdict.before == verdict.after else f"{verdict.before} → {verdict.after}"
    out.print(f"[b]{safe(one.tenant)}[/]: {change}")
    show_findings(out, verdict.findings)
    for line in action_lines(verdict.actions):
        wrapped(out, line, first="    → ", rest="      ")


def _compare(
    app: App, reach: Reach, tenants: tuple[str, ...], now: Report, ours: Settings, numbers: dict[str, Any]
) -> int:
    other = audit(tenants, reach.outside, app.now(), msgspec.structs.replace(ours, overrides=numbers))
    today = {one.tenant: _outcome(one) for one in now.judged}
    then = {one.tenant: _outcome(one) for one in other.judged}
    differing = {name: (today.get(name), then[name]) for name in then if today.get(name) != then[name]}

    def text(out: Console) -> None:
        for name, (before, after) in differing.items():
            out.print(f"[b]{safe(name)}[/]")
            wrapped(out, f"now:  {before}", first="    ", rest="          ")
            wrapped(out, f"then: {after}", first="    ", rest="          ")
        of = count(len(then), "tenant")
        out.print(f"{len(differing)} of {of} would be treated differently (nothing was changed)")

    app.emit({"differing": differing, "of": len(then)}, text)
    return Exit.PENDING if differing else Exit.DONE


def _outcome(one: Judged) -> str:
    actions = "; ".join(action_lines(one.verdict.actions))
    return f"{one.verdict.after}" + (f" ({actions})" if actions else "")
