"""The text of ``tenants/<id>.yaml`` to a Tenant, or to everything that is wrong with it."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import msgspec

from provisioner.config.addresses import address, domain, is_within
from provisioner.config.forms import TenantForm
from provisioner.config.networks import network
from provisioner.config.policy import Options, check_options
from provisioner.config.problem import Code, Wrong, quoted
from provisioner.config.reading import Reading, present
from provisioner.config.source import checked, read_file
from provisioner.model.tenant import Conduct, Credentials, Dmarc, Dns, Tenant

# Ids that would share a name with something of the platform: its configuration set, its objects in the bucket.
RESERVED_IDS = frozenset({"batches", "notices", "platform"})


class Draft(msgspec.Struct, frozen=True):
    """One tenant file as far as it could be read: what the checks across files need, and the tenant if all is well."""

    reading: Reading
    id: str | None = None
    domain: str | None = None
    tenant: Tenant | None = None


def parse_tenant(file: str, content: bytes, options: Options | None = None) -> Draft:
    """Read one file. Never raises for what the file holds."""
    reading = read_file(file, content, TenantForm)
    _check_id(reading)
    values = _checked_values(reading)
    if options is not None or reading.get("conduct.overrides"):
        values["overrides"] = check_options(
            reading, "conduct.overrides", reading.get("conduct.overrides") or {}, options
        )
    tenant = None if reading.problems else _build(file, reading, values)
    return Draft(reading, reading.get("id"), values["domain"], tenant)


def _checked_values(reading: Reading) -> dict[str, Any]:
    name = checked(reading, "domain", domain)
    contacts = _checked_list(reading, "contacts", address)
    if name and contacts and len(contacts) == len(reading.get("contacts")):
        _check_outside(reading, name, contacts)
    return {
        "domain": name,
        "contacts": contacts,
        "from": _from_address(reading, name),
        "reports": checked(reading, "dmarc.reports", lambda text: address(text, plain=True)),
        "source_ips": _checked_list(reading, "sending.source_ips", network),
        "mail_from": _mail_from(reading, name),
    }


def _checked_list(reading: Reading, path: str, check: Callable[[str], str]) -> tuple[str, ...]:
    """The acceptable entries in normal form, without repeats, in the order they were written."""
    found: dict[str, None] = {}
    for index, value in present(reading.get(path) or []):
        try:
            found[check(value)] = None
        except Wrong as wrong:
            reading.problem(f"{path}[{index}]", wrong)
    return tuple(found)


def _check_id(reading: Reading) -> None:
    tenant_id = reading.get("id")
    if tenant_id in RESERVED_IDS:
        reading.problem("id", Wrong(Code.TENANT_ID, f"{quoted(tenant_id)} is kept for the platform", "choose another"))
    path = PurePath(reading.file)
    if tenant_id and path.stem != tenant_id:
        hint = f"rename the file to {tenant_id}{path.suffix}, or change the id if it is a new one"
        reading.problem(
            "id", Wrong(Code.FILE_NAME, f"the file is named {quoted(path.name)}, the id is {quoted(tenant_id)}", hint)
        )


def _check_outside(reading: Reading, name: str, contacts: tuple[str, ...]) -> None:
    if all(is_within(contact.rpartition("@")[2], name) for contact in contacts):
        message = f"all are on {name}: nobody could be reached once its mail is stopped"
        reading.problem("contacts", Wrong(Code.CONTACT_OUTSIDE, message, "add an address on another domain"))


def _from_address(reading: Reading, name: str | None) -> str | None:
    found = checked(reading, "sending.from", lambda text: address(text, plain=True))
    if found and name and found.rpartition("@")[2] != name:
        hint = f"such as {found.rpartition('@')[0]}@{name}"
        reading.problem("sending.from", Wrong(Code.FROM_DOMAIN, f"must be an address on {name}", hint))
    return found


def _mail_from(reading: Reading, name: str | None) -> str | None:
    label = reading.get("sending.mail_from")
    if label and name:
        checked(reading, "sending.mail_from", lambda text: domain(f"{text}.{name}"))
    return label if isinstance(label, str) else None


def _build(file: str, reading: Reading, values: dict[str, Any]) -> Tenant:
    form = msgspec.convert(reading.values, TenantForm)
    sending, dmarc, credentials = form.sending, form.dmarc, form.credentials
    return Tenant(
        id=form.id,
        name=form.name,
        domain=values["domain"],
        contacts=values["contacts"],
        dns=Dns(form.dns),
        from_address=values["from"] or "",
        from_name=sending.from_name if isinstance(sending.from_name, str) else "",
        mail_from=sending.mail_from,
        dmarc=Dmarc(policy=dmarc.policy, percent=dmarc.percent, reports=values["reports"]),
        credentials=Credentials(
            reader_role=credentials.reader_role or None,
            rotate_every_days=credentials.rotate_every_days or None,
        ),
        conduct=Conduct(profile=form.conduct.profile, overrides=values.get("overrides", {})),
        ses_tenant=form.ses_tenant,
        source_ips=values["source_ips"],
        restrict_from=sending.restrict_from,
        file=file,
    )
