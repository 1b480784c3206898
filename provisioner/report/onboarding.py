"""What a site's owner receives when they join: the DNS records to paste, and one page to keep."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from provisioner.model.manifest import Manifest
from provisioner.report.env import render_html, render_text
from provisioner.report.notices import on_domain


class DnsRecord(Protocol):
    """A record as onboarding lists them (``provisioner.onboarding.records``)."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def why(self) -> str: ...


class Sheet(msgspec.Struct, frozen=True):
    """One page, for the browser and as plain text."""

    html: str
    text: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One record as the forms of DNS providers ask for it."""

    type: str
    name: str
    short: str  # the name without the domain, as many forms want it
    priority: str  # of an MX record
    value: str
    why: str


def record_line(record: DnsRecord, domain: str) -> Line:
    """Split a record into the fields of a form."""
    short = record.name.removesuffix(f".{domain}") if record.name != domain else "@"
    priority, value = record.value.split(" ", 1) if record.type == "MX" else ("", record.value)
    return Line(type=record.type, name=record.name, short=short, priority=priority, value=value, why=record.why)


def render_records(records: Sequence[DnsRecord], domain: str) -> Sheet:
    """Tell what to paste where, for a domain whose DNS is kept elsewhere."""
    values = {"lines": tuple(record_line(record, domain) for record in records), "domain": domain}
    return Sheet(render_html("records.html.j2", **values), render_text("records.txt.j2", **values))


def render_handover(manifest: Manifest, *, kit_files: Sequence[str]) -> Sheet:
    """Write the page for the site's owner. The password is not on it; it is handed over separately.

    ``kit_files`` are the names of the files that come with it (see ``provisioner.wordpress.render_kit``).
    """
    values = {
        "manifest": manifest,
        "plugin": next((name for name in kit_files if name.endswith(".php") and "config" not in name), ""),
        "settings": next((name for name in kit_files if "config" in name), ""),
        "files": tuple(kit_files),
        "contacts": tuple(contact for contact in manifest.contacts if not on_domain(contact, manifest.domain)),
    }
    return Sheet(render_html("handover.html.j2", **values), render_text("handover.txt.j2", **values))
