"""A WordPress site as SES sees one: a real SMTP client that logs in and sends."""

from email.message import EmailMessage

import msgspec

from provisioner.onboarding.credentials import SmtpSecret
from provisioner.smtp import Endpoint, Refused, send

# The standard test file for virus scanners, harmless and known to all of them (eicar.org). In two parts, so that
# no scanner takes offence at this file.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Outcome(msgspec.Struct, frozen=True):
    """What SES answered: its message id, or its refusal."""

    message_id: str = ""
    refusal: str = ""

    @property
    def accepted(self) -> bool:
        return not self.refusal


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One site with the credentials it was given, and the headers that the WordPress kit adds."""

    secret: SmtpSecret
    ses_tenant: str
    configuration_set: str
    endpoint: Endpoint | None

    def mail(
        self, to: str, subject: str, *, virus: bool = False, sender: str | None = None, kit: bool = True
    ) -> Outcome:
        """Send one mail. ``sender`` pretends to be somebody else; ``kit`` False leaves the kit's headers out."""
        message = EmailMessage()
        message["From"] = sender or self.secret.from_address
        message["To"] = to
        message["Subject"] = subject
        if kit:
            message["X-SES-TENANT"] = self.ses_tenant
            message["X-SES-CONFIGURATION-SET"] = self.configuration_set
        message.set_content("Thank you for your order.\n")
        if virus:
            message.add_attachment(EICAR.encode(), maintype="application", subtype="octet-stream", filename="inv.exe")
        try:
            return Outcome(message_id=send(self.secret, message, self.endpoint))
        except Refused as refused:
            return Outcome(refusal=f"{refused.code} {refused.answer}")
