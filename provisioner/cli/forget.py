"""``innkeeper forget``: a recipient asks for erasure."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, wrapped, yes_option
from provisioner.cli.conducting import known_tenants
from provisioner.cli.options import workers_option
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import count
from provisioner.conduct.forget import Bucket, Found, carry_out, find
from provisioner.exit_codes import Exit
from provisioner.feedback.erase import Person

_KINDS = {
    "feedback": "raw messages",
    "facts": "facts",
    "quarantine": "messages set aside",
    "standing": "standings",
    "verdicts": "verdicts and commands",
    "reports": "reports",
    "dashboard": "the fleet's pages",
    "outbox": "what is told",
    "runs": "notes of runs",
}
_MANY = 2_000  # objects: below, nobody waits long enough to wonder
_STAYS = (
    "A block of this address stays in force: AWS alone still knows the address, in the suppression list and the Deny "
    "policies. What waits in the queues comes later; so does new mail of a site that still has the address."
)


@subcommand("forget")
@click.argument("address", metavar="ADDRESS")
@click.option("--tenant", "tenant_ids", metavar="TENANT", multiple=True, help="Only what is kept of this one; may be "
              "given several times.")  # fmt: skip
@workers_option
@yes_option
@command_options
def command(app: App, address: str, tenant_ids: tuple[str, ...], workers: int, yes: bool) -> int:
    """Take a recipient's address out of everything stored, old versions too, because that person asked for it.

    ADDRESS may be -, then it is read from standard input and stands in no list of processes. Looks at every object
    first, says what would change, and asks. Running it again finishes what was interrupted.

    Example: innkeeper forget anna@customer.example
    """
    who = Person(sys.stdin.readline().strip() if address == "-" else address)
    reach = Reach(app)
    known_tenants(reach, tenant_ids)
    bucket = Bucket(
        archive=reach.archive,
        versions=reach.wiring.versions,
        tenants=frozenset(tenant_ids),
        workers=workers,
        told=lambda looked: app.say(f"… {looked:,} objects looked at") if looked >= _MANY else None,
    )
    found = find(bucket, who, app.now())
    if not (found.keys or found.old):
        app.emit(_data(found, found), lambda out: _show(out, found, "nothing names this address"))
        return Exit.SOME_FAILED if found.unreadable else Exit.DONE
    app.say("\n".join(["The address is to be taken out of:", *_lines(found)]))
    app.say(_STAYS)
    app.confirm("This cannot be undone. Go on?", yes=yes)
    left = carry_out(bucket, found, who, app.now())
    app.emit(_data(found, left), lambda out: _show(out, left, f"forgotten: {', '.join(_lines(found, indent=''))}"))
    return Exit.SOME_FAILED if left.unreadable or left.keys or left.old else Exit.DONE


def _lines(found: Found, indent: str = "  ") -> list[str]:
    current = Counter(key.partition("/")[0] for key in found.keys)
    old = Counter(key.partition("/")[0] for key, _ in found.old)
    lines = []
    for kind, words in _KINDS.items():
        parts = [count(current[kind], "object")] if current[kind] else []
        parts += [count(old[kind], "old version")] if old[kind] else []
        lines += [f"{indent}{words}: {' and '.join(parts)}"] if parts else []
    return lines


def _show(out: Console, left: Found, result: str) -> None:
    wrapped(out, f"{count(left.looked, 'object')} looked at; {result}", rest="  ")
    if left.keys or left.old:
        wrapped(out, f"still there: {', '.join(_lines(left, indent=''))}; give the command again", rest="  ")
    for key, why in sorted(left.unreadable.items()):
        out.print(f"[yellow]not looked through[/]: {safe(key)}: {safe(why)}")


def _data(found: Found, left: Found) -> dict[str, Any]:
    def places(one: Found) -> dict[str, Sequence[Any]]:
        return {"objects": one.keys, "old_versions": one.old}

    return {"looked_at": left.looked, "found": places(found), "left": places(left), "unreadable": left.unreadable}
