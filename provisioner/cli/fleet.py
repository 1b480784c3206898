"""Onboarding several tenants at once: bounded, with progress; one that fails stops no other."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from rich.console import Console

from provisioner.cli.app import App, safe, wrapped
from provisioner.cli.enforcing import enforcer
from provisioner.cli.progress import Board
from provisioner.cli.reach import Reach
from provisioner.conduct import documents
from provisioner.errors import InnkeeperError
from provisioner.model.tenant import Tenant
from provisioner.onboarding.changes import Changes, counted
from provisioner.onboarding.quotas import Room, shortages, wanted
from provisioner.onboarding.readers import protection
from provisioner.onboarding.tenant import Onboarded, Plan, apply_tenant, plan_tenant

T = TypeVar("T")
S = TypeVar("S")

PARALLEL = 2  # one Terraform run takes some 600 MB and most of a core


def each(
    items: Sequence[tuple[str, T]], work: Callable[[str, T], S], parallel: int = PARALLEL
) -> tuple[dict[str, S], dict[str, str]]:
    """``work`` on every (name, item), a few at a time; results and errors by name, in the order given.

    One that fails stops no other, unless the reason is everybody's: then nothing more is started.
    """
    done: dict[str, S] = {}
    failed: dict[str, str] = {}
    ended = Event()

    def one(name: str, item: T) -> S:
        if ended.is_set():
            raise InnkeeperError("not started", hint="log in, then repeat the command: what is done is not done again")
        try:
            return work(name, item)
        except InnkeeperError as error:
            if error.ends_run:
                ended.set()
            raise

    with ThreadPoolExecutor(max(1, parallel)) as pool:
        futures = [(name, pool.submit(one, name, item)) for name, item in items]
        for name, future in futures:
            try:
                done[name] = future.result()
            except InnkeeperError as error:
                failed[name] = str(error)
    return done, failed


def plan_all(
    app: App, reach: Reach, tenants: Sequence[Tenant], *, refresh: bool, adopt: Sequence[str], parallel: int
) -> tuple[dict[str, Plan], dict[str, str]]:
    """Plan every tenant; nothing changes."""
    today = app.now().date()
    with Board(app.err) as board:

        def work(name: str, tenant: Tenant) -> Plan:
            board.say(name, "planning")
            try:
                reach.require_readers(tenant)
                shell = reach.shell(tenant, enforcer(app, reach), board.listener(name), adopt)
                return plan_tenant(tenant, shell, today, refresh=refresh)
            finally:
                board.finish(name)

        return each([(tenant.id, tenant) for tenant in tenants], work, parallel)


def apply_all(
    app: App, reach: Reach, tenants: Sequence[Tenant], plans: dict[str, Plan], *, credentials: bool, parallel: int
) -> tuple[dict[str, Onboarded], dict[str, str]]:
    """Carry out the plans."""
    with Board(app.err) as board:

        def work(name: str, tenant: Tenant) -> Onboarded:
            board.say(name, "starting")
            try:
                shell = reach.shell(tenant, enforcer(app, reach), board.listener(name))
                return apply_tenant(
                    tenant, reach.platform, reach.names, plans[name], shell, app.now(), credentials=credentials
                )
            finally:
                board.finish(name)

        return each([(tenant.id, tenant) for tenant in tenants if tenant.id in plans], work, parallel)


def say_protection(app: App, reach: Reach, plans: dict[str, Plan]) -> None:
    """Where a secret will be made: what keeps others from reading it, if the secret itself does not."""
    made = {change.address for plan in plans.values() for change in plan.changes.of("create")}
    if "aws_secretsmanager_secret.smtp" in made and (words := protection(reach.platform)):
        app.say(words)


def require_room(plans: dict[str, Plan], rooms: Callable[[], Iterable[Room]]) -> None:
    """Raise where a quota would be met in the middle; asked only if something counted is to be made."""
    more = wanted(plan.changes for plan in plans.values())
    if more and (short := shortages(more, rooms())):
        cure = "ask AWS for a higher quota (Service Quotas), or name fewer tenants; nothing was changed"
        raise InnkeeperError("\n".join(short), hint=cure)


def say_without_files(app: App, reach: Reach) -> None:
    """Tenants that have resources and no file, as when a file was removed: nothing of theirs is touched."""
    files = {tenant.id for tenant in app.fleet.tenants}
    for name in documents.tenants(reach.archive):
        if name not in files:
            app.say(f"{name} has resources, but no file in tenants/: left as it is. To end it: innkeeper terminate "
                    f"{name}; to keep it: restore tenants/{name}.yaml")  # fmt: skip


_MARKS = {"create": "[green]+[/]", "import": "[cyan]→[/]", "change": "[yellow]~[/]", "replace": "[red]±[/]",
          "destroy": "[red]-[/]"}  # fmt: skip


def show_changes(out: Console, name: str, changes: Changes, *, skipped: bool = False) -> None:
    """A plan in words; every resource that is changed, replaced or destroyed by name."""
    out.print(f"[b]{safe(name)}[/]: {'unchanged since the last apply' if skipped else changes.summary()}")
    counts: dict[str, int] = {}
    for change in changes.of("create"):
        counts[change.what] = counts.get(change.what, 0) + 1
    if counts:
        wrapped(out, counted(counts), first=f"  {_MARKS['create']} ", rest="    ")
    for change in changes.all:
        if change.kind != "create":
            why = f"  ({', '.join(change.attributes)})" if change.attributes else ""
            out.print(f"  {_MARKS[change.kind]} {change.what}  [dim]{safe(change.address)}{safe(why)}[/]")


def show_failed(app: App, failed: dict[str, str]) -> None:
    """Every tenant that failed, with the reason, on standard error."""
    for name, why in failed.items():
        app.err.print(f"[red]✗[/] [b]{safe(name)}[/]: ", end="")
        app.say(why)
