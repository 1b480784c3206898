"""``innkeeper collect``: move feedback from the queues into the bucket."""

import time

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, wrapped
from provisioner.cli.conducting import done_lines, known_tenants
from provisioner.cli.options import tenant_arguments, workers_option
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import count
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import Run, collect_all, collect_dead_letters
from provisioner.conduct.summary import collect_summary
from provisioner.conduct.undelivered import Notices, collect_notices, source_of_notices
from provisioner.exit_codes import Exit
from provisioner.report.undelivered import sentence

_EVENTS = {
    "hard": ("hard bounce",),
    "soft": ("soft bounce",),
    "delivery": ("delivery", "deliveries"),
    "complaint": ("complaint",),
    "reject": ("reject",),
    "delay": ("delay",),
}


@subcommand("collect")
@tenant_arguments
@click.option("--dead-letters", is_flag=True, help="Also read the queue of what could not be delivered.")
@click.option("--drill", is_flag=True, help="Let mailbox-simulator events count in what is judged at once.")
@click.option("--seconds", type=click.IntRange(10, 36000), default=3600, show_default=True, help="Stop after these.")
@workers_option
@command_options
def command(app: App, tenant_ids: tuple[str, ...], dead_letters: bool, drill: bool, seconds: int, workers: int) -> int:
    """Store waiting feedback, then delete it from the queues; judge floods and viruses at once.

    Without a name also look which notices of the platform came back.
    Dying anywhere loses nothing; running again changes nothing.

    Example: innkeeper collect bakery
    """
    reach = Reach(app)
    tenants = known_tenants(reach, tenant_ids)
    end = time.monotonic() + seconds
    drain = Drain(clock=app.now, seconds_left=lambda: end - time.monotonic(), reserve=5.0)
    run = collect_all(tenants, reach.outside, drain, overrides=reach.platform.policy, drill=drill, workers=workers)
    source = source_of_notices(reach.names, reach.platform.sender)
    dead = collect_dead_letters(reach.outside, reach.platform.name, drain, notices=source) if dead_letters else None
    notices = None if tenant_ids else collect_notices(source, reach.outside, drain, workers=workers)
    app.emit(collect_summary(run, dead, notices), lambda out: _show(out, run, notices))
    return Exit.DONE if run.complete and not (notices and notices.error) else Exit.SOME_FAILED


def _show(out: Console, run: Run, notices: Notices | None) -> None:
    for one in run.collected:
        events = ", ".join(count(n, *_EVENTS.get(kind, (kind, kind))) for kind, n in one.events.items())
        out.print(f"[b]{safe(one.tenant)}[/]: {count(one.seen, 'message')}: {safe(events or 'nothing new')}")
        for key in one.objects:
            out.print(f"    stored {safe(key)}")
        if one.quarantined:
            foreign = f", {one.security} of them not this tenant's own" if one.security else ""
            out.print(f"    [yellow]{one.quarantined} set aside[/]{foreign}: see quarantine/ in the bucket")
    for at_once in run.at_once:
        if at_once.done:
            out.print(f"[b]{safe(at_once.tenant)}[/]: judged at once")
            for line in done_lines(at_once.done, short=True):
                wrapped(out, line, first="    ", rest="      ")
    for tenant, why in run.failed.items():
        out.print(f"[red]✗[/] {safe(tenant)}: {safe(why)}")
    if run.unnoted:
        wrapped(out, f"not noted whose queue was read: {run.unnoted}", first="[red]✗[/] ", rest="  ")
    if notices:
        _show_notices(out, notices)
    out.print(run.sentence)


def _show_notices(out: Console, notices: Notices) -> None:
    for address in notices.listed or ():
        wrapped(out, sentence(address), first="[yellow]![/] ", rest="  ")
    if notices.error:
        wrapped(out, f"notices that came back: {notices.error}", first="[red]✗[/] ", rest="  ")
