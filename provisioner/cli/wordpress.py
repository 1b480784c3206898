"""``innkeeper wordpress``: everything a WordPress site's owner receives, in one folder."""

import os
from pathlib import Path

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, yes_option
from provisioner.cli.credentials import current_secret
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.onboarding.credentials import SUBMISSION_PORT, SmtpSecret, read_secret, smtp_host
from provisioner.report.onboarding import render_handover
from provisioner.wordpress import credentials_of, render_credentials, render_kit
from provisioner.wordpress.kit import SETTINGS

PAGE, PAGE_TEXT = "start-here.html", "start-here.txt"
_OWNER_ONLY = 0o600


@subcommand("wordpress")
@click.argument("tenant_id", metavar="TENANT")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder to write to; made if there is none.")  # fmt: skip
@click.option("--reveal", is_flag=True, help=f"Put the password into {SETTINGS}, which then only you can read.")
@yes_option
@command_options
def command(app: App, tenant_id: str, output: Path, reveal: bool, yes: bool) -> None:
    """Write the kit for a tenant's WordPress site: plugin, settings, and a page for the site's owner.

    No file holds the password unless --reveal asks for it, and then only the one with the settings.

    Example: innkeeper wordpress bakery -o kit/
    """
    reach = Reach(app)
    files = kit_files(reach, tenant_id)
    secret = current_secret(reach, tenant_id) if reveal else None
    changed = [name for name, text in files.items() if _differs(output / name, text)]
    if changed:
        app.confirm(f"{output} holds other files by these names: {', '.join(changed)}. Overwrite them?", yes=yes)
    written = write_kit(output, files, settings=_revealed(reach, tenant_id, secret) if secret else None)

    def text(out: Console) -> None:
        for path in written:
            out.print(safe(path))

    app.emit(
        {"files": [str(path) for path in written], "password_in": str(output / SETTINGS) if reveal else None}, text
    )
    if reveal:
        app.say(f"{output / SETTINGS} holds the password: hand it over safely, then delete it here.")
    else:
        app.say(f"The password is in none of them; print it with: innkeeper credentials {tenant_id} --reveal")


def kit_files(reach: Reach, tenant_id: str) -> dict[str, str]:
    """Every file of the kit by name, without the password."""
    manifest = reach.manifest(tenant_id)
    version = reach.wiring.secrets.get(manifest.secret)
    username = read_secret(version).username if version else ""  # not minted yet: the owner pastes both
    kit = render_kit(manifest, host=smtp_host(manifest.region), port=SUBMISSION_PORT, username=username)
    page = render_handover(manifest, kit_files=tuple(kit))
    return {**kit, PAGE: page.html, PAGE_TEXT: page.text}


def _revealed(reach: Reach, tenant_id: str, secret: SmtpSecret) -> str:
    values = credentials_of(
        reach.manifest(tenant_id),
        host=secret.host,
        port=secret.port,
        username=secret.username,
        password=secret.password,
    )
    return render_credentials(values, "wp-config", reveal=True)


def _differs(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() != text.encode()


def write_kit(folder: Path, files: dict[str, str], *, settings: str | None) -> list[Path]:
    """Write all files; ``settings`` (with the password) takes the place of the kit's own, for its owner's eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if name != SETTINGS or settings is None:
            (folder / name).write_text(text, encoding="utf-8", newline="")
    if settings is not None:
        _write_private(folder / SETTINGS, settings)
    return [folder / name for name in files]


def _write_private(path: Path, text: str) -> None:
    """A new file that nobody else could ever read, put in the place of what was there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    draft.replace(path)
