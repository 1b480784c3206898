"""``innkeeper enforce``: make AWS match the standings."""

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, wrapped, yes_option
from provisioner.cli.conducting import change_lines, done_lines, known_tenants
from provisioner.cli.options import tenant_arguments
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import count
from provisioner.conduct import documents
from provisioner.conduct.carry_out import carry_out
from provisioner.conduct.enforce import Enforced, enforce
from provisioner.exit_codes import Exit


@subcommand("enforce")
@tenant_arguments
@click.option("--check", is_flag=True, help="Only show where AWS differs; exit code 4 if it does.")
@yes_option
@command_options
def command(app: App, tenant_ids: tuple[str, ...], check: bool, yes: bool) -> int:
    """Compare AWS with what was decided, in both directions, and repair what differs.

    Never lifts a suspension: only 'reinstate' does.

    Example: innkeeper enforce --check
    """
    reach = Reach(app)
    tenants = known_tenants(reach, tenant_ids)
    found = {tenant: _look(reach, tenant, app) for tenant in tenants}
    differing = {tenant: one for tenant, one in found.items() if one.changes}
    _show(app.err if differing and not check else app.out, found) if not app.json else None
    if check or not differing:
        app.emit({tenant: [change.words for change in one.changes] for tenant, one in found.items()}, lambda _: None)
        return Exit.PENDING if differing else Exit.DONE
    app.confirm("Repair this?", yes=yes)
    lines, short = {}, {}
    failed = False
    for tenant in differing:
        done = carry_out(reach.manifest(tenant), reach.outside, app.now())
        lines[tenant], short[tenant] = done_lines(done), done_lines(done, short=True)
        failed |= bool(done.errors) or not (done.enforced and done.enforced.enforcement.complete)

    def text(out: Console) -> None:
        for tenant, words in short.items():
            out.print(f"[b]{safe(tenant)}[/]")
            for line in words:
                wrapped(out, line, first="    ", rest="      ")

    app.emit(lines, text)
    return Exit.SOME_FAILED if failed else Exit.DONE


def _look(reach: Reach, tenant: str, app: App) -> Enforced:
    standing, _ = documents.read_standing(reach.archive, tenant)
    return enforce(reach.manifest(tenant), standing, reach.outside, app.now(), check=True)


def _show(out: Console, found: dict[str, Enforced]) -> None:
    for tenant, one in found.items():
        out.print(f"[b]{safe(tenant)}[/]: " + (count(len(one.changes), "difference") if one.changes else "AWS matches"))
        for line in change_lines(one.changes):
            wrapped(out, line, first="    to do: ", rest="      ")
        for words in one.enforcement.drift:
            wrapped(out, f"AWS is stricter than asked, left so: {words}", first="    ", rest="      ")
