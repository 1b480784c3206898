"""``innkeeper rotate``: a new SMTP password, while the old one goes on working."""

import functools
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, yes_option
from provisioner.cli.conducting import known_tenants
from provisioner.cli.enforcing import enforcer
from provisioner.cli.options import tenant_arguments
from provisioner.cli.reach import Reach
from provisioner.cli.rotation_status import show_status
from provisioner.cli.subcommand import subcommand
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.onboarding.retirement import GRACE, Overview, Retirement
from provisioner.onboarding.rotating import Rotation, look, next_token, retire, step
from provisioner.onboarding.rotation import STEPS, refuse_if_suspended
from provisioner.smtp import Endpoint, probe

_DOING = {
    "createSecret": "making a second access key, its password kept as pending",
    "setSecret": "switching it on",
    "testSecret": "logging in over SMTP with it and sending a test mail (AWS may need minutes to know a new key)",
    "finishSecret": "making it the current one",
}


def _one_thing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuses options that exclude each other."""

    @functools.wraps(function)
    def wrapper(app: App, tenant_ids: tuple[str, ...], **options: Any) -> Any:
        asked = [name for name in ("status", "retire") if options[name]]
        if len(asked) > 1:
            raise click.UsageError(f"--{asked[0]} and --{asked[1]} exclude each other")
        if options["force"] and not options["retire"]:
            raise click.UsageError("--force goes with --retire")
        if not tenant_ids and asked not in (["status"], ["retire"]):
            raise click.UsageError("name the tenant; only --status and --retire look at all of them")
        return function(app, tenant_ids, **options)

    return wrapper


@subcommand("rotate")
@tenant_arguments
@click.option("--status", is_flag=True, help="Only show the keys, their last use, and which sites use an old password.")
@click.option("--retire", "retire", is_flag=True, help="Delete old keys that no site uses any more.")
@click.option("--force", is_flag=True, help="With --retire: delete the old key even if a site may still use it.")
@yes_option
@command_options
@_one_thing
def command(
    app: App,
    tenant_ids: tuple[str, ...],
    status: bool,
    retire: bool,
    force: bool,
    yes: bool,
) -> int:
    """Give a tenant a new SMTP password. The old one goes on working until the site has the new one.

    Shows what will happen and asks first. Dying on the way does no harm: run it again. To let AWS do it by itself,
    set credentials.rotate_every_days in the tenant's file.

    Example: innkeeper rotate bakery, then: innkeeper rotate --status
    """
    reach = Reach(app)
    rotations = {tenant: rotation_of(app, reach, tenant) for tenant in known_tenants(reach, tenant_ids)}
    if status:
        seen = [look(one) for one in rotations.values()]
        app.emit(seen, lambda out: show_status(out, seen))
        return Exit.DONE
    if retire:
        return _retire(app, rotations, force=force, yes=yes)
    return _rotate(app, reach, rotations, yes=yes)


def rotation_of(app: App, reach: Reach, tenant: str) -> Rotation:
    """A tenant's rotation with everything it touches."""
    return Rotation(
        manifest=reach.manifest(tenant),
        keys=reach.wiring.keys,
        secrets=reach.wiring.secrets,
        archive=reach.archive,
        state=lambda: reach.state(tenant),
        probe=partial(probe, endpoint=Endpoint.from_environment(app.environment)),
        clock=app.now,
    )


def _rotate(app: App, reach: Reach, rotations: dict[str, Rotation], *, yes: bool) -> int:
    failed: dict[str, str] = {}
    ready = [tenant for tenant, one in rotations.items() if _tried(app, failed, tenant, partial(_announce, app, one))]
    if ready:
        app.confirm("Make new passwords?", yes=yes)
    done: list[Overview] = []
    for tenant in ready:
        _tried(app, failed, tenant, partial(_carry_out, app, reach, rotations[tenant], done))
    app.emit({"rotated": {seen.tenant: seen for seen in done}, "failed": failed}, lambda out: _next(out, done))
    return Exit.DONE if not failed else Exit.SOME_FAILED if done else Exit.FAILED


def _tried(app: App, failed: dict[str, str], tenant: str, doing: Callable[[], None]) -> bool:
    """Whether it went well; one tenant's failure is said and kept, and stops no other."""
    try:
        doing()
    except InnkeeperError as error:
        failed[tenant] = str(error)
        app.say(str(error))
    return tenant not in failed


def _announce(app: App, one: Rotation) -> None:
    refuse_if_suspended(one.manifest, one.state())
    seen = look(one)
    if seen.previous is not None and seen.waits_for:
        raise InnkeeperError(
            f"{seen.tenant} has two passwords already: {seen.waits_for}",
            hint=f"give the site the newest: innkeeper credentials {seen.tenant} --reveal; "
            f"or, if no site uses the old one: innkeeper rotate {seen.tenant} --retire --force",
        )
    app.say(
        f"{seen.tenant}: a new access key for {one.manifest.user} and a new SMTP password in {one.manifest.secret}."
    )
    app.say(
        f"    The password that {one.manifest.domain} uses now ({seen.current or 'none'}) goes on working "
        f"until the site has used the new one, and for {GRACE.days} days at least."
    )


def _carry_out(app: App, reach: Reach, one: Rotation, done: list[Overview]) -> None:
    """The four steps, and the enforcer at once, because a new key is born active."""
    token = next_token(one)
    try:
        for name in STEPS:
            app.say(f"    {one.manifest.tenant}: {_DOING[name]}")
            app.say(f"        {step(one, name, token)}")
    finally:
        for missing in enforcer(app, reach)(one.manifest):
            app.say(f"    not enforced yet: {missing}")
    done.append(look(one))


def _next(out: Console, done: Iterable[Overview]) -> None:
    for seen in done:
        name = safe(seen.tenant)
        out.print(f"[green]✓[/] [b]{name}[/]: the new password is in force (key {safe(seen.current)})")
        out.print(f"    next: give it to the site: [b]innkeeper credentials {name} --reveal[/]")
        if seen.previous:
            out.print(
                f"    until it has the new one the site keeps working with the old one (key {safe(seen.previous)}),"
            )
            out.print(
                f"    which stays until {seen.until:%Y-%m-%d} at least; then: [b]innkeeper rotate {name} --retire[/]"
            )


def _retire(app: App, rotations: dict[str, Rotation], *, force: bool, yes: bool) -> int:
    seen = {tenant: found for tenant, one in rotations.items() if (found := look(one)).previous}
    going = [found for found in seen.values() if force or not found.waits_for]
    for found in seen.values():
        words = found.waits_for or "no site uses it any more"
        app.say(f"{found.tenant}: the old key {found.previous}: {words}{' (deleted all the same)' if force else ''}")
    if going:
        app.confirm(f"Delete {len(going)} old key(s)? A site that uses one cannot send any more.", yes=yes)
    results: dict[str, Retirement] = {found.tenant: retire(rotations[found.tenant], force=force) for found in going}
    waiting = {found.tenant: found.waits_for for found in seen.values() if found not in going}

    def text(out: Console) -> None:
        for tenant, result in results.items():
            words = "deleted" if result.retired else f"kept: {result.waits_for}"
            out.print(f"[b]{safe(tenant)}[/]: {safe(result.key)} {safe(words)}")
        if not results:
            out.print(f"nothing deleted; old keys that must stay: {len(waiting)}")

    app.emit({"retired": results, "waiting": waiting}, text)
    return Exit.DONE if not waiting else Exit.PENDING
