"""How ``innkeeper rotate --status`` prints both keys of each tenant."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from provisioner.cli.app import safe, show_table
from provisioner.cli.reach import iso
from provisioner.onboarding.retirement import KeyUse, Overview

_WORDS = {"AWSCURRENT": "current", "AWSPREVIOUS": "old", "AWSPENDING": "being made"}


def show_status(out: Console, tenants: Sequence[Overview]) -> None:
    """One line a key, and in words which sites still use an old password."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for title in ("tenant", "key", "password", "made", "last used", "the old one"):
        table.add_column(title)
    for seen in tenants:
        for key in seen.keys:
            table.add_row(
                safe(seen.tenant), safe(key.id), _stage(key), iso(key.created), _used(key),
                safe(seen.waits_for or "may go: rotate --retire") if key.id == seen.previous else "",
            )  # fmt: skip
    show_table(out, table)
    for seen in tenants:
        if seen.previous and seen.site_uses_old:
            used = next(_used(key) for key in seen.keys if key.id == seen.previous)
            out.print(
                f"[yellow]{safe(seen.tenant)}'s site still has the old password[/] (last used: {used}). "
                f"Give it the new one: [b]innkeeper credentials {safe(seen.tenant)} --reveal[/]"
            )


def _stage(key: KeyUse) -> str:
    words = next((word for stage, word in _WORDS.items() if stage in key.stages), "kept by nobody")
    return words if key.active else f"{words}, switched off"


def _used(key: KeyUse) -> str:
    if key.last_used is None:
        return "never"
    return iso(key.last_used) + ("" if key.used_by_site else " (our test)")
