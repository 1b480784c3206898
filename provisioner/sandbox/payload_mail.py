"""The ``mail`` object of events: who sent what to whom, with the message's headers and SES's tags."""

from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Any

from provisioner.sandbox.state import AcceptedMessage

HEADERS_LIMIT = 10 * 1024  # SES cuts the headers there
OUTGOING_IP = "192.0.2.99"  # documentation address: the sandbox sends nothing anywhere


def stamp(moment: datetime) -> str:
    """Write a time as SES does: ``2026-01-02T03:04:05.678Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def mail_object(message: AcceptedMessage, account: str, *, after_delivery: bool = False) -> dict[str, Any]:
    """Build the ``mail`` object that every event carries."""
    parsed = _parse(message.raw)
    headers, truncated = _headers(parsed)
    return {
        "timestamp": stamp(message.accepted_at),
        "source": message.source,
        "sourceArn": message.identity_arn,
        "sendingAccountId": account,
        "messageId": message.message_id,
        "destination": list(message.destinations),
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": _common_headers(parsed, message.message_id),
        "tags": _tags(message, parsed, after_delivery=after_delivery),
    }


def _tags(message: AcceptedMessage, parsed: Message, *, after_delivery: bool) -> dict[str, list[str]]:
    automatic = {
        "ses:operation": message.operation,
        "ses:configuration-set": message.configuration_set,
        "ses:source-ip": message.source_ip,
        "ses:source-tls-version": message.tls_version,
        "ses:from-domain": _from_domain(parsed, message.source),
        "ses:caller-identity": message.caller,
        "ses:outgoing-ip": OUTGOING_IP if after_delivery else None,
    }
    tags = {name: [value] for name, value in automatic.items() if value}
    for name, value in message.tags:
        tags.setdefault(name, []).append(value)
    return tags


def _from_domain(parsed: Message, source: str) -> str:
    """Find the domain of the From address, which may differ from the envelope's."""
    found = [address for _, address in getaddresses([_text(parsed["From"] or source)]) if "@" in address]
    return (found[0] if found else source).rpartition("@")[2].rstrip(">").lower()


def original_message_id(raw: bytes) -> str | None:
    """Read the Message-ID as the sender wrote it."""
    value = _parse(raw)["Message-ID"]
    return None if value is None else _text(value)


def _parse(raw: bytes) -> Message:
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return message_from_bytes(head + b"\n\n")


def _text(value: object) -> str:
    """Write a header's value as one clean line, as typed, with what is not UTF-8 replaced."""
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(text.split())


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError):  # an unknown or broken encoding is shown as typed
        return value


def _headers(parsed: Message) -> tuple[list[dict[str, str]], bool]:
    kept: list[dict[str, str]] = []
    size = 0
    for name, value in parsed.items():
        text = _text(value)
        size += len(name) + len(text.encode())
        if size > HEADERS_LIMIT:
            return kept, True
        kept.append({"name": name, "value": text})
    return kept, False


def _common_headers(parsed: Message, message_id: str) -> dict[str, Any]:
    lists = {"from": "From", "replyTo": "Reply-To", "to": "To", "cc": "Cc"}
    found: dict[str, Any] = {}
    for key, name in lists.items():
        values = [_text(value) for value in parsed.get_all(name, [])]
        if values:
            found[key] = _addresses(values)
    for key, name in {"returnPath": "Return-Path", "date": "Date", "subject": "Subject"}.items():
        if parsed[name] is not None:
            found[key] = _decoded(_text(parsed[name]))
    return found | {"messageId": message_id}


def _addresses(values: Sequence[str]) -> list[str]:
    named = [(_decoded(name), address) for name, address in getaddresses(list(values)) if address]
    return [f"{name} <{address}>" if name else address for name, address in named]
