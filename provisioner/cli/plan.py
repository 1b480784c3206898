"""``innkeeper plan``: what would change?"""

from rich.console import Console

from provisioner.cli.app import App, command_options
from provisioner.cli.fleet import plan_all, say_protection, say_without_files, show_changes, show_failed
from provisioner.cli.options import tenant_arguments, terraform_options
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.exit_codes import Exit


@subcommand("plan")
@tenant_arguments
@terraform_options
@command_options
def command(app: App, tenant_ids: tuple[str, ...], refresh: bool, adopt: tuple[str, ...], parallel: int) -> int:
    """Show what 'apply' would change in AWS; change nothing.

    Ends with exit code 4 if something would change, 0 if nothing would.

    Example: innkeeper plan bakery
    """
    tenants = app.chosen(tenant_ids)
    reach = Reach(app)
    reach.require_platform()
    app.say(reach.installation_line())
    if not tenant_ids:
        say_without_files(app, reach)
    plans, failed = plan_all(app, reach, tenants, refresh=refresh, adopt=adopt, parallel=parallel)

    def text(out: Console) -> None:
        for name, plan in plans.items():
            show_changes(out, name, plan.changes, skipped=plan.skipped)

    say_protection(app, reach, plans)
    app.emit({"plans": {name: plan.changes for name, plan in plans.items()}, "failed": failed}, text)
    show_failed(app, failed)
    if failed:
        return Exit.SOME_FAILED if plans else Exit.FAILED
    return Exit.PENDING if any(not plan.changes.empty for plan in plans.values()) else Exit.DONE
