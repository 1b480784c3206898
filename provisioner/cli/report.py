"""``innkeeper report``: the behaviour report of tenants, now."""

from pathlib import Path

import click
import msgspec
from rich.console import Console

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.conducting import known_tenants
from provisioner.cli.options import tenant_arguments
from provisioner.cli.reach import Reach
from provisioner.cli.reporting import report_data
from provisioner.cli.subcommand import subcommand
from provisioner.conduct.audit import Settings, audit
from provisioner.report.behaviour import render_report


@subcommand("report")
@tenant_arguments
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              help="Write HTML, text, JSON and CSV here instead of printing the text.")  # fmt: skip
@command_options
def command(app: App, tenant_ids: tuple[str, ...], output: Path | None) -> None:
    """Show how tenants behaved this week, how near each limit is, who is blocked, and what to do next.

    Example: innkeeper report bakery -o reports
    """
    reach = Reach(app)
    tenants = known_tenants(reach, tenant_ids)
    now = app.now()
    looked = audit(tenants, reach.outside, now, Settings(overrides=reach.platform.policy, dry_run=True))
    reports = {
        one.tenant: render_report(report_data(reach, one.tenant, [one.verdict], now)) for one in looked.judged
    }
    files: dict[str, list[str]] = {}
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for tenant, report in reports.items():
            files[tenant] = []
            for ending, content in zip(("html", "txt", "json", "csv"), msgspec.structs.astuple(report), strict=True):
                path = output / f"{tenant}.{ending}"
                path.write_text(content, encoding="utf-8")
                files[tenant].append(str(path))

    def text(out: Console) -> None:
        for tenant, report in reports.items():
            if output is None:
                out.print(report.text, markup=False, soft_wrap=True)
            else:
                out.print(f"{safe(tenant)}: {safe(', '.join(files[tenant]))}", soft_wrap=True)

    app.emit(files or {tenant: msgspec.json.decode(report.json) for tenant, report in reports.items()}, text)
