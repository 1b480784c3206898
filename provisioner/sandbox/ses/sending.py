"""SendEmail: Simple and Raw. Builds the message, lets it be admitted, and hands it over."""

from email import message_from_bytes
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses
from typing import Any

from provisioner.sandbox.publish import deliver, new_id
from provisioner.sandbox.ses.admission import admit
from provisioner.sandbox.ses.call import Answer, BadRequest, Call
from provisioner.sandbox.state import AcceptedMessage

_RECIPIENTS = ("ToAddresses", "CcAddresses", "BccAddresses")


def send_email(call: Call) -> Answer:
    """Take a mail and play what becomes of it."""
    _refuse_unknown_options(call)
    content = call.params["Content"]
    raw = _raw(content["Raw"]["Data"]) if content.get("Raw") else _simple(call, content["Simple"])
    headers = message_from_bytes(raw)
    source = str(call.get("FromEmailAddress") or headers.get("From") or "")
    if not source:
        raise BadRequest("Missing required header 'From'.")
    recipients = _recipients(call, headers)
    admission = admit(
        call.state,
        call.now,
        source=source,
        recipients=recipients,
        configuration_set=call.get("ConfigurationSetName") or _header(headers, "X-SES-CONFIGURATION-SET"),
        tenant=call.get("TenantName"),  # the header X-SES-TENANT counts for SMTP only
        size=len(raw),
    )
    message = AcceptedMessage(
        message_id=new_id(),
        accepted_at=call.now,
        source=source,
        destinations=recipients,
        raw=raw,
        identity_arn=admission.identity.arn,
        configuration_set=admission.configuration_set.name if admission.configuration_set else None,
        tenant=admission.tenant.name if admission.tenant else None,
        tags=_tags(call, headers),
        caller=call.caller,
        source_ip=call.source_ip,
        operation="SendEmail",
        tls_version=None,
    )
    deliver(call.state.account, call.state.region, message)
    return {"MessageId": message.message_id}


def message_tags(value: str | None) -> tuple[tuple[str, str], ...]:
    """Read the header X-SES-MESSAGE-TAGS: ``k1=v1, k2=v2``."""
    pairs = (item.partition("=") for item in (value or "").split(",") if item.strip())
    return tuple((name.strip(), text.strip()) for name, _, text in pairs)


def _tags(call: Call, headers: Message) -> tuple[tuple[str, str], ...]:
    given = tuple((tag["Name"], tag["Value"]) for tag in call.get("EmailTags") or ())
    return given or message_tags(_header(headers, "X-SES-MESSAGE-TAGS"))


def _recipients(call: Call, headers: Message) -> tuple[str, ...]:
    """Take those of Destination alone; only without any, those of the headers."""
    destination = call.get("Destination") or {}
    listed = [address for kind in _RECIPIENTS for address in destination.get(kind) or ()]
    if not listed:
        fields = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
        return tuple(dict.fromkeys(address for _, address in getaddresses(fields) if address))
    return tuple(dict.fromkeys(address for _, address in getaddresses(listed) if address))


def _header(headers: Message, name: str) -> str | None:
    value = headers.get(name)
    return str(value).strip() if value else None


def _raw(data: Any) -> bytes:
    raw = data if isinstance(data, bytes) else str(data).encode()
    if not raw.strip():
        raise BadRequest("Raw message is empty.")
    return raw


def _simple(call: Call, simple: dict[str, Any]) -> bytes:
    message = EmailMessage()
    message["From"] = call.get("FromEmailAddress") or ""
    destination = call.get("Destination") or {}
    for name, kind in (("To", "ToAddresses"), ("Cc", "CcAddresses")):
        if destination.get(kind):
            message[name] = ", ".join(destination[kind])
    if call.get("ReplyToAddresses"):
        message["Reply-To"] = ", ".join(call.params["ReplyToAddresses"])
    message["Subject"] = simple["Subject"]["Data"]
    message["Date"] = format_datetime(call.now)
    for header in simple.get("Headers") or ():
        message[header["Name"]] = header["Value"]
    _add_bodies(message, simple["Body"])
    for attachment in simple.get("Attachments") or ():
        _attach(message, attachment)
    return message.as_bytes()


def _add_bodies(message: EmailMessage, body: dict[str, Any]) -> None:
    text, html = body.get("Text"), body.get("Html")
    if not text and not html:
        raise BadRequest("Body must have Text or Html.")
    if text:
        message.set_content(text["Data"])
    if html and text:
        message.add_alternative(html["Data"], subtype="html")
    elif html:
        message.set_content(html["Data"], subtype="html")


def _attach(message: EmailMessage, attachment: dict[str, Any]) -> None:
    kind, _, subtype = (attachment.get("ContentType") or "application/octet-stream").partition("/")
    message.add_attachment(
        _raw(attachment["RawContent"]),
        maintype=kind,
        subtype=subtype,
        filename=attachment["FileName"],
        disposition=(attachment.get("ContentDisposition") or "ATTACHMENT").lower(),
    )


def _refuse_unknown_options(call: Call) -> None:
    if call.params["Content"].get("Template"):
        raise NotImplementedError("sesv2 SendEmail with a template")
    for option in ("EndpointId", "ListManagementOptions", "ConfigurationOverrides"):
        if call.get(option):
            raise NotImplementedError(f"sesv2 SendEmail with {option}")
