"""The kit for a WordPress site: a must-use plugin, the lines for wp-config.php, and how to use both.

The plugin is the same for every site; what differs stands in constants. So no tenant's text ever becomes code.
"""

from pathlib import Path

from provisioner.model.manifest import Manifest
from provisioner.wordpress.forms import FORMS, SmtpCredentials, render_credentials

PLUGIN = "innkeeper-mail.php"
SECRETS_PLUGIN = "innkeeper-secrets.php"
SETTINGS = "wp-config-lines.txt"
USER_PLACEHOLDER = "PASTE-THE-USER-NAME-HERE"
PASSWORD_PLACEHOLDER = "PASTE-THE-PASSWORD-HERE"  # noqa: S105 - stands where the owner pastes it

_KIT = Path(__file__).parent / "plugin"
_OTHERS = tuple(form for form in FORMS if form not in {"wp-config", "text", "json"})


def credentials_of(
    manifest: Manifest, *, host: str, port: int, username: str = "", password: str = ""
) -> SmtpCredentials:
    """Everything a site needs, from the manifest; placeholders where name and password are not given."""
    return SmtpCredentials(
        host=host,
        port=port,
        username=username or USER_PLACEHOLDER,
        password=password or PASSWORD_PLACEHOLDER,
        from_address=manifest.from_address,
        from_name=manifest.from_name,
        tenant=manifest.ses_tenant or "",
        configuration_set=manifest.configuration_set,
    )


def render_kit(manifest: Manifest, *, host: str, port: int, username: str = "") -> dict[str, str]:
    """All files of the kit by name. None holds the password."""
    values = credentials_of(manifest, host=host, port=port, username=username)
    return {
        PLUGIN: (_KIT / PLUGIN).read_text(encoding="utf-8"),
        SETTINGS: render_credentials(values, "wp-config", reveal=True),
        "README.txt": _readme(manifest),
        SECRETS_PLUGIN: (_KIT / SECRETS_PLUGIN).read_text(encoding="utf-8"),
        "other-programs.txt": "\n".join(
            f"{'=' * 12} {form} {'=' * 12}\n{render_credentials(values, form, reveal=True)}" for form in _OTHERS
        ),
    }


def _readme(manifest: Manifest) -> str:
    return f"""\
Mail for {manifest.domain}

1. Copy {PLUGIN} into the folder wp-content/mu-plugins of your site.
   Create the folder if there is none. There is nothing to activate.
2. Open wp-config.php and paste the lines of {SETTINGS} above the line
   that says to stop editing. Put in the user name and the password that you
   received separately.
3. In WordPress, open Tools, Innkeeper mail and send a test mail to yourself.
   If it fails, that page says why in plain words.

When you receive a new password: replace it in wp-config.php. The old one goes
on working for a while.

Newsletters: give each mail the header
  X-Innkeeper-Unsubscribe: https://your-site/the/unsubscribe/address
or let your newsletter plugin set List-Unsubscribe itself. Gmail and Yahoo ask
for it.

{SECRETS_PLUGIN} is only for sites on AWS with a role that may read the
secret; its first lines say how. Without it, leave it away.

Settings for other plugins and programs are in other-programs.txt.
If something is unclear, write to {manifest.operator}.
"""
