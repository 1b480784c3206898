"""The platform's own mail, through SES v2 and the platform's configuration set."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.ports import Mail

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class SesMailer:
    """A Mailer. ``sender`` is the platform's address, ``configuration_set`` never a tenant's."""

    def __init__(self, clients: Clients, *, sender: str, configuration_set: str, name: str = "Innkeeper") -> None:
        self._clients = clients
        self._sender = sender
        self._name = name
        self._set = configuration_set

    def send(self, mail: Mail) -> str:
        """Send; the id that SES gave it."""
        ses: Any = self._clients["sesv2"]
        answer = call(
            ses.send_email,
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": list(mail.to)},
            Content={"Raw": {"Data": compose(mail, sender=self._sender, name=self._name).as_bytes(policy=SMTP)}},
            ConfigurationSetName=self._set,
        )
        return str(answer["MessageId"])


def compose(mail: Mail, *, sender: str, name: str, date: datetime | None = None) -> EmailMessage:
    """The message. SES puts its own Message-ID over ours, so ours also stands in ``References``.

    Mail programs file a repeat with the same reference under the first copy.
    """
    message = EmailMessage(policy=SMTP)
    own_id = f"<{mail.message_id}@{sender.rpartition('@')[2]}>"
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = ", ".join(mail.to)
    message["Subject"] = _CONTROLS.sub(" ", mail.subject).strip()
    message["Message-ID"] = own_id
    message["References"] = own_id
    if date is not None:
        message["Date"] = date
    # Vacation programs answer neither of these, so a notice starts no loop.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for filename, content_type, content in mail.attachments:
        kind, _, subtype = content_type.partition(";")[0].strip().partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype or "octet-stream", filename=filename)
    return message
