"""What SES does to a message's bytes: looking for viruses, and taking out what was meant for SES only."""

import re
from email import message_from_bytes

# The EICAR test file, in two pieces so that no virus scanner takes this source for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

_OWN_HEADER = re.compile(rb"(?i)x-ses-[^:]*:|message-id:|bcc:")


def has_virus(raw: bytes) -> bool:
    """Look into every part, decoded; the only virus known here is the EICAR test file."""
    if EICAR in raw:
        return True
    parts = message_from_bytes(raw).walk()
    contents = (part.get_payload(decode=True) for part in parts if not part.is_multipart())
    return any(isinstance(content, bytes) and EICAR in content for content in contents)


def as_delivered(raw: bytes, message_id: str, region: str) -> bytes:
    """Take out Bcc and SES's own headers and put SES's Message-ID in place of the sender's."""
    head, blank, body = _split(raw)
    kept = [field for field in _fields(head) if not _OWN_HEADER.match(field)]
    # https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
    domain = "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"
    return b"".join([*kept, f"Message-ID: <{message_id}@{domain}>\r\n".encode(), blank, body])


def _split(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Split into header fields, the empty line and the body."""
    found = re.search(rb"(\r?\n)(\r?\n)", raw)
    if found is None:
        return raw if raw.endswith(b"\n") else raw + b"\r\n", b"\r\n", b""
    return raw[: found.end(1)], found[2], raw[found.end() :]


def _fields(head: bytes) -> list[bytes]:
    """Split a header block into fields, each with its folded lines."""
    return re.findall(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", head)
