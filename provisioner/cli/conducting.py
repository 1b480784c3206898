"""What the conduct verbs share: which tenants, who is speaking, how actions read."""

import getpass
from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, wrapped, yes_option
from provisioner.cli.reach import Reach, not_onboarded
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import count, some
from provisioner.conduct import documents
from provisioner.conduct.carry_out import Done
from provisioner.conduct.changes import Change
from provisioner.conduct.operator import Commanded
from provisioner.exit_codes import Exit
from provisioner.model.standing import Evidence
from provisioner.model.verdict import (
    Action,
    BlockRecipient,
    Finding,
    Propose,
    Suspend,
    Tell,
    Terminate,
    UnblockRecipient,
    Warn,
)

_SHOWN = 3  # findings of one rule; --format json has all


def known_tenants(reach: Reach, tenant_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The named tenants, or all that were onboarded. Raises UnknownTenantError for one that was not."""
    reach.require_platform()
    fleet = tuple(documents.tenants(reach.archive))
    unknown = [name for name in tenant_ids if name not in fleet]
    if unknown:
        raise not_onboarded(unknown, fleet)
    return tenant_ids or fleet


def show_findings(out: Console, findings: Sequence[Finding]) -> None:
    """What rules saw; a rule that saw the same of many addresses says so once."""
    by_rule: dict[str, list[Evidence]] = {}
    for finding in findings:
        by_rule.setdefault(finding.evidence.rule, []).append(finding.evidence)
    for rule, seen in by_rule.items():
        for evidence in seen[:_SHOWN]:
            wrapped(out, f"{evidence.sentence} ({rule})", first="    ", rest="      ")
        if len(seen) > _SHOWN:
            out.print(f"    … and {len(seen) - _SHOWN:,} more by the rule {safe(rule)}")


def action_lines(actions: Sequence[Action]) -> list[str]:
    """What would be done; blocks for the same time in one line."""
    blocks: dict[str, list[str]] = {}
    for action in actions:
        if isinstance(action, BlockRecipient):
            until = f" until {action.until:%Y-%m-%d}" if action.until else ""
            blocks.setdefault(until, []).append(action.recipient)
    lines = [
        f"block {names[0] if len(names) == 1 else f'{len(names):,} addresses'}{until}"
        + (f": {some(sorted(names))}" if len(names) > 1 else "")
        for until, names in blocks.items()
    ]
    return lines + [action_words(action) for action in actions if not isinstance(action, BlockRecipient)]


def action_words(action: Action) -> str:  # noqa: PLR0911 - one line an action
    """What an action does, in a few words."""
    match action:
        case BlockRecipient():
            until = f" until {action.until:%Y-%m-%d}" if action.until else ""
            return f"block {action.recipient}{until}"
        case UnblockRecipient():
            return f"unblock {action.recipient}"
        case Warn():
            return f"warn ({action.kind})"
        case Suspend():
            return f"suspend ({action.kind})"
        case Terminate():
            return f"terminate ({action.kind})"
        case Propose():
            return f"propose to {action.action} ({action.kind})"
        case Tell():
            return f"advise ({action.kind})"


def done_lines(done: Done, *, short: bool = False) -> list[str]:
    """What was switched in AWS, what reading back showed, which mails went out.

    ``short``: for people; steps on many addresses become one line.
    """
    lines = []
    if done.enforced is not None:
        changes = done.enforced.changes if done.enforced.acted else ()
        lines += change_lines(changes) if short else [change.words for change in changes]
        enforcement = done.enforced.enforcement
        lines.append("read back from AWS: in force" if enforcement.complete
                     else "read back from AWS: NOT YET: " + "; ".join(enforcement.missing))  # fmt: skip
        lines += [f"AWS is stricter than asked, left so: {words}" for words in enforcement.drift]
        if enforcement.overflow:
            lines.append(f"{count(enforcement.overflow, 'blocked address', 'blocked addresses')} "
                         "found no room in the Deny policies")  # fmt: skip
    if done.notified.sent:
        lines.append(f"{count(len(done.notified.sent), 'notice')} sent")
    lines += [f"notice not sent, kept: {why}" for why in done.notified.failed.values()]
    return [*lines, *done.errors]


_MANY = {"suppress": "suppress {} addresses: {}", "unsuppress": "take {} addresses off the suppression list: {}"}


def change_lines(changes: Sequence[Change]) -> list[str]:
    """Steps in AWS, those on many addresses in one line."""
    lines = [change.words for change in changes if change.lever not in _MANY]
    for lever, words in _MANY.items():
        of = [change for change in changes if change.lever == lever]
        if len(of) == 1:
            lines.append(of[0].words)
        elif of:
            lines.append(words.format(f"{len(of):,}", some(sorted(change.subject for change in of))))
    return lines


def person_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Who decided and why, and everything that all commands have."""
    wrapped = yes_option(command_options(function))
    wrapped = click.option("--reason", required=True, help="Why; kept, and told to the contact.")(wrapped)
    return click.option("--by", default=getpass.getuser, show_default="you", help="Who decided.")(wrapped)


def person_command(
    verb: str, doing: Callable[..., Commanded], *, about: str = ""
) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that only a named person gives, with a reason that is kept.

    ``about`` names what follows the tenant on the command line (ADDRESS, PROPOSAL).
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        def run(app: App, tenant_id: str, by: str, reason: str, yes: bool, subject: str = "") -> int:
            reach = Reach(app)
            known_tenants(reach, (tenant_id,))
            what = f"{verb} {tenant_id}" + (f": {subject}" if subject else "")
            app.confirm(f"{what}, because: {reason}\nGo on?", yes=yes)
            arguments = (tenant_id, subject) if about else (tenant_id,)
            return show_commanded(app, doing(*arguments, reach.outside, app.now(), by=by, reason=reason))

        run.__doc__ = function.__doc__
        wrapped: Any = person_options(run)
        if about:
            wrapped = click.argument("subject", metavar=about)(wrapped)
        wrapped = click.argument("tenant_id", metavar="TENANT")(wrapped)
        return subcommand(verb)(wrapped)

    return decorate


def show_commanded(app: App, result: Commanded) -> int:
    """What came of a person's command; exit code 3 where AWS does not show it yet."""
    lines = done_lines(result.done)
    data = {
        "tenant": result.after.tenant,
        "before": result.before.state,
        "after": result.after.state,
        "changed": result.changed,
        "note": result.note,
        "carried_out": lines,
    }

    def text(out: Console) -> None:
        if result.note:
            app.say(result.note)
        moved = result.before.state != result.after.state
        before = f"{result.before.state} → " if moved else "still "
        out.print(f"[b]{safe(result.after.tenant)}[/]: {before}[b]{result.after.state}[/]")
        for line in done_lines(result.done, short=True):
            wrapped(out, line, first="    ", rest="      ")

    app.emit(data, text)
    enforced = result.done.enforced
    complete = enforced is None or enforced.enforcement.complete
    return Exit.DONE if complete and not result.done.errors else Exit.SOME_FAILED
