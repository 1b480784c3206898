"""What ``apply`` and ``onboard`` have in common: plan, show, ask, carry out, say what comes next."""

from collections.abc import Sequence

from rich.console import Console

from provisioner.aws.quotas import rooms
from provisioner.cli.app import App, safe
from provisioner.cli.fleet import (
    apply_all,
    plan_all,
    require_room,
    say_protection,
    say_without_files,
    show_changes,
    show_failed,
)
from provisioner.cli.reach import Reach
from provisioner.exit_codes import Exit
from provisioner.model.tenant import Dns, Tenant
from provisioner.onboarding.tenant import Onboarded


def run(
    app: App,
    tenant_ids: tuple[str, ...],
    *,
    refresh: bool,
    adopt: Sequence[str],
    parallel: int,
    yes: bool,
    credentials: bool,
) -> int:
    """Returns the exit code: 3 when some tenants failed, 1 when all did."""
    tenants = app.chosen(tenant_ids)
    reach = Reach(app)
    reach.require_platform()
    app.say(reach.installation_line())
    if not tenant_ids:
        say_without_files(app, reach)
    plans, failed = plan_all(app, reach, tenants, refresh=refresh, adopt=adopt, parallel=parallel)
    for name, plan in plans.items():
        show_changes(app.err, name, plan.changes, skipped=plan.skipped)
    say_protection(app, reach, plans)
    require_room(plans, lambda: rooms(reach.clients))
    if any(not plan.changes.empty for plan in plans.values()):
        app.confirm("Apply this?", yes=yes)
    done, failed_now = apply_all(app, reach, tenants, plans, credentials=credentials, parallel=parallel)
    failed |= failed_now
    by_id = {tenant.id: tenant for tenant in tenants}

    def text(out: Console) -> None:
        for name, result in done.items():
            _show(out, by_id[name], result)

    app.emit({"done": {name: _data(result) for name, result in done.items()}, "failed": failed}, text)
    show_failed(app, failed)
    if failed:
        return Exit.SOME_FAILED if done else Exit.FAILED
    return Exit.DONE


def _data(result: Onboarded) -> dict[str, object]:
    return {
        "changes": result.changes.outcome(),
        "domain": result.manifest.domain,
        "key": result.minted.key if result.minted else None,
        "key_is_new": bool(result.minted and result.minted.created),
        "name_servers": result.name_servers,
        "enforcement_missing": result.enforcement_missing,
    }


def _show(out: Console, tenant: Tenant, result: Onboarded) -> None:
    out.print(f"[green]✓[/] [b]{safe(tenant.id)}[/] {safe(tenant.domain)}: {result.changes.outcome()}")
    if result.minted and result.minted.created:
        secret = safe(result.manifest.secret)
        out.print(f"    SMTP key {result.minted.key} made; the password lies in the secret {secret}")
    if result.enforcement_missing:
        out.print("    [yellow]not enforced yet:[/] " + safe("; ".join(result.enforcement_missing)))
    if tenant.dns is Dns.EXTERNAL:
        out.print(f"    next: paste the DNS records ([b]innkeeper records {tenant.id}[/])")
    elif result.name_servers:
        servers = ", ".join(result.name_servers)
        out.print(f"    next: where {safe(tenant.domain)} was bought, set its name servers to {safe(servers)}")
    out.print(f"    then: [b]innkeeper verify {tenant.id}[/], and [b]innkeeper credentials {tenant.id}[/]")
