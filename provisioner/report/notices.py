"""One mail per transition, to the tenant's contacts and to the operator.

Nothing here promises more than AWS has shown: "suspended" is said as a fact only after reading back.
"""

import re

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Notice, Standing
from provisioner.ports import Mail
from provisioner.report.env import render_html, render_text
from provisioner.report.findings import reason
from provisioner.report.letters import Case, Letter, address_row, letter_for
from provisioner.report.safe import header, message_id, table_csv, visible
from provisioner.report.words import plural

TENANT = "tenant"
OPERATOR = "operator"
SHOWN = 50  # addresses in the mail itself
SHOWN_EVIDENCE = 10
ATTACHMENT_BYTES = 45_000  # base64 makes 60 kB of it; the whole mail stays below 100 kB

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # of a proposal, where it may stand in a command
_COMMANDS = {
    "warned": ("explain {t}", "status {t}"),
    "suspended": ("explain {t}", 'reinstate {t} --reason "…"'),
    "terminated": ("explain {t}", 'reinstate {t} --reason "…"'),
    "reinstated": ("status {t}",),
    "blocked": ("explain {t} ADDRESS", 'unblock {t} ADDRESS --reason "…"'),
    "proposal": ("explain {t}",),
}


def audiences(notice: Notice) -> tuple[str, ...]:
    """Who receives a notice: both, except that a proposal is for the operator alone."""
    return (OPERATOR,) if notice.kind == "proposal" else (TENANT, OPERATOR)


def receivers(manifest: Manifest, audience: str) -> tuple[str, ...]:
    """Addresses of an audience. Contacts that all live on the tenant's domain are joined by the operator."""
    if audience == OPERATOR:
        return (manifest.operator,)
    own = tuple(dict.fromkeys(manifest.contacts))
    outside = any(not on_domain(contact, manifest.domain) for contact in own)
    return own if outside else (*own, manifest.operator)


def on_domain(address: str, domain: str) -> bool:
    """Whether an address is at ``domain`` or below it."""
    host = address.rpartition("@")[2].lower().rstrip(".")
    return host == domain.lower() or host.endswith(f".{domain.lower()}")


def render_notice(notice: Notice, manifest: Manifest, standing: Standing, *, audience: str) -> Mail:
    """The mail of one notice for one audience (``tenant`` or ``operator``).

    Its Message-ID derives from the notice, so that a repeat after a crash carries the same one.
    """
    if audience not in audiences(notice):
        raise InnkeeperError(
            f"a notice of kind {notice.kind!r} is not for {audience!r}", hint="ask audiences(notice) whom to mail"
        )
    case = Case(notice=notice, manifest=manifest, standing=standing)
    letter = letter_for(case)
    attachment, attached = _address_file(case) if len(notice.recipients) > SHOWN else ((), 0)
    tenant_mail = audience == TENANT
    values = _values(case, letter, audience, attached) | {"heading": letter.heading if tenant_mail else letter.subject}
    return Mail(
        message_id=message_id(notice.id if tenant_mail else f"{notice.id}.operator"),
        to=receivers(manifest, audience),
        subject=header(letter.subject if tenant_mail else f"[{manifest.tenant}] {letter.subject}"),
        text=render_text("notice.txt.j2", **values),
        html=render_html("notice.html.j2", **values),
        attachments=attachment,
        reply_to=manifest.operator if tenant_mail else "",
    )


def _values(case: Case, letter: Letter, audience: str, attached: int) -> dict[str, object]:
    """Everything the templates print."""
    notice, standing = case.notice, case.standing
    total = len(notice.recipients)
    more = _more(total, attached)
    relay = (f"Domain: {case.domain}", f"Sender: {case.manifest.from_address}") if notice.kind == "relay" else ()
    return {
        "letter": letter,
        "manifest": case.manifest,
        "notice": notice,
        "operator": audience == OPERATOR,
        "copied": TENANT in audiences(notice),
        "reasons": tuple(reason(item) for item in notice.evidence[:SHOWN_EVIDENCE]),
        "reasons_more": max(0, len(notice.evidence) - SHOWN_EVIDENCE),
        "addresses": tuple(address_row(case, item) for item in notice.recipients[:SHOWN]),
        "addresses_more": more,
        "extra": relay,
        "commands": _commands(case) if audience == OPERATOR else (),
        "missing": _missing(standing) if audience == OPERATOR and notice.kind in {"suspended", "terminated"} else (),
        "off": case.off,
    }


def _missing(standing: Standing) -> tuple[str, ...]:
    """What AWS does not show yet, for the operator."""
    return standing.enforcement.missing[:20] if standing.enforcement else ()


def _commands(case: Case) -> tuple[str, ...]:
    """What the operator types next."""
    found = _COMMANDS.get(case.notice.kind, ("explain {t}",))
    late = ("enforce {t}",) if case.notice.kind in {"suspended", "terminated"} and not case.off else ()
    answers = [
        f'{verb} {{t}} {item.id} --reason "…"'
        for item in case.standing.proposals
        if case.notice.kind == "proposal" and item.evidence in case.notice.evidence and _ID.fullmatch(item.id)
        for verb in ("confirm", "dismiss")
    ]
    return tuple(f"innkeeper {line.format(t=case.manifest.tenant)}" for line in (*late, *found, *answers))


def _more(total: int, attached: int) -> str:
    """The sentence below the first addresses."""
    if total <= SHOWN:
        return ""
    first = f"These are the first {SHOWN} of {plural(total, 'address', 'addresses')}."
    if attached == total:
        return f"{first} The attached file has them all."
    return (
        f"{first} The attached file has {attached:,}; "
        "the whole list is in the behaviour report, which the operator can send you."
    )


def _address_file(case: Case) -> tuple[tuple[tuple[str, str, bytes], ...], int]:
    """The list of addresses as CSV, cut where the mail would grow too large; how many lines it has."""
    rows: list[tuple[str, str, str]] = []
    size = 0
    for recipient in case.notice.recipients:
        row = address_row(case, recipient)
        size += sum(len(visible(item).encode()) for item in row) + 12
        if size > ATTACHMENT_BYTES:
            break
        rows.append(row)
    content = table_csv(("address", "reason", "until"), rows).encode()
    name = f"{case.manifest.tenant}-{message_id(case.notice.kind)}-addresses.csv"
    return ((name, "text/csv", content),), len(rows)
