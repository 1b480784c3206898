"""What the conduct verbs share: which tenants, who is speaking, how actions read."""

import getpass
from collections.abc import Callable
from typing import Any

import click

from provisioner.cli.app import App, command_options, yes_option
from provisioner.cli.reach import Reach
from provisioner.conduct import documents
from provisioner.conduct.carry_out import Done
from provisioner.conduct.operator import Commanded
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.verdict import (
    Action,
    BlockRecipient,
    Propose,
    Suspend,
    Tell,
    Terminate,
    UnblockRecipient,
    Warn,
)


def known_tenants(reach: Reach, tenant_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The named tenants, or all that were onboarded. Raises InnkeeperError for one that was not."""
    reach.require_platform()
    fleet = tuple(documents.tenants(reach.archive))
    unknown = [name for name in tenant_ids if name not in fleet]
    if unknown:
        raise InnkeeperError(
            f"not onboarded: {', '.join(unknown)}", hint=f"known: {', '.join(fleet) or 'none'}; see 'innkeeper onboard'"
        )
    return tenant_ids or fleet


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


def done_lines(done: Done) -> list[str]:
    """What was switched in AWS, what reading back showed, which mails went out."""
    lines = []
    if done.enforced is not None:
        lines += [change.words for change in done.enforced.changes] if done.enforced.acted else []
        enforcement = done.enforced.enforcement
        lines.append("read back from AWS: in force" if enforcement.complete
                     else "read back from AWS: NOT YET: " + "; ".join(enforcement.missing))  # fmt: skip
        lines += [f"AWS is stricter than asked, left so: {words}" for words in enforcement.drift]
        if enforcement.overflow:
            lines.append(f"{enforcement.overflow} blocked addresses found no room in the Deny policies")
    if done.notified.sent:
        lines.append(f"{len(done.notified.sent)} notices sent")
    lines += [f"notice not sent, kept: {why}" for why in done.notified.failed.values()]
    return [*lines, *done.errors]


def person_command(verb: str, doing: Callable[..., Commanded], *, recipients: bool = False) -> Callable[..., Any]:
    """A command that only a named person gives, with a reason that is kept."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        def run(app: App, tenant_id: str, by: str, reason: str, yes: bool, addresses: tuple[str, ...] = ()) -> int:
            reach = Reach(app)
            known_tenants(reach, (tenant_id,))
            what = f"{verb} {tenant_id}" + (f": {', '.join(addresses)}" if addresses else "")
            app.confirm(f"{what} because: {reason}\nGo on?", yes=yes)
            arguments = (tenant_id, addresses) if recipients else (tenant_id,)
            result = doing(*arguments, reach.outside, app.now(), by=by, reason=reason)
            return show_commanded(app, result)

        run.__doc__ = function.__doc__
        wrapped: Any = command_options(run)
        wrapped = yes_option(wrapped)
        wrapped = click.option("--reason", required=True, help="Why; kept, and told to the contact.")(wrapped)
        wrapped = click.option("--by", default=getpass.getuser, show_default="you", help="Who decided.")(wrapped)
        if recipients:
            wrapped = click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)(wrapped)
        wrapped = click.argument("tenant_id", metavar="TENANT")(wrapped)
        return click.command(verb)(wrapped)

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

    def text(out: Any) -> None:
        if result.note:
            app.say(result.note)
        out.print(f"{result.after.tenant}: {result.before.state} → [b]{result.after.state}[/]")
        for line in lines:
            out.print(f"    {line}", markup=False)

    app.emit(data, text)
    enforced = result.done.enforced
    complete = enforced is None or enforced.enforcement.complete
    return Exit.DONE if complete and not result.done.errors else Exit.SOME_FAILED
