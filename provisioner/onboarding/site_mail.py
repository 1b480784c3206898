"""Mail sent as a tenant's own site sends it, with the site's credentials: what a drill needs."""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.onboarding.credentials import SmtpSecret, read_secret
from provisioner.onboarding.retirement import note_probe
from provisioner.ports import Archive, Keys, Secrets
from provisioner.smtp import Endpoint, send


def as_site(
    manifest: Manifest,
    *,
    secrets: Secrets,
    keys: Keys,
    archive: Archive,
    clock: Callable[[], datetime],
    run: str,
    endpoint: Endpoint | None,
) -> Callable[[str], str]:
    """How the tenant's site mails one address: SES's message id, or Refused.

    Raises InnkeeperError for a tenant without credentials. Each use is noted: else it would pass for the site's
    first use of a new password.
    """
    version = secrets.get(manifest.secret)
    if version is None:
        raise InnkeeperError(
            f"{manifest.tenant} has no SMTP credentials yet", hint=f"innkeeper apply {manifest.tenant}"
        )
    secret: SmtpSecret = read_secret(version)

    def mail(recipient: str) -> str:
        taken = send(secret, letter(manifest, recipient, run), endpoint)
        listed = frozenset(key.id for key in keys.list(manifest.user))
        note_probe(archive, manifest.tenant, secret.username, clock(), keep=listed)
        return taken

    return mail


def letter(manifest: Manifest, recipient: str, run: str) -> EmailMessage:
    """The mail of a drill, with the headers that the WordPress kit adds."""
    message = EmailMessage()
    message["From"] = manifest.from_address
    message["To"] = recipient
    message["Subject"] = f"Innkeeper drill {run}"
    message["X-SES-CONFIGURATION-SET"] = manifest.configuration_set
    if manifest.ses_tenant:
        message["X-SES-TENANT"] = manifest.ses_tenant
    message.set_content("This mail goes to Amazon's mailbox simulator and is bounced there on purpose.\n")
    return message
