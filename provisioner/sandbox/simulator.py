"""What becomes of a recipient: the addresses of SES's mailbox simulator, and everybody else."""

from collections.abc import Sequence

from provisioner.sandbox.payloads import Bounce, Complaint, Delivery, Outcome, Recipient

DOMAIN = "simulator.amazonses.com"
_AGENT = "Amazon SES Mailbox Simulator"
_MTA = "dsn; a1-23.smtp-out.amazonses.com"
_KINDS = ("success", "bounce", "ooto", "complaint", "suppressionlist")


def kind_of(address: str) -> str | None:
    """Name the simulator's mailbox, labels ignored: ``bounce+x1@…`` is ``bounce``. None: an ordinary recipient."""
    local, _, domain = address.lower().rpartition("@")
    if domain != DOMAIN:
        return None
    name = local.partition("+")[0]
    return name if name in _KINDS else "unknown"


def outcomes(addresses: Sequence[str]) -> list[Outcome]:
    """Decide for simulator addresses of one message, in the order of publishing.

    Deliveries come first and per recipient; bounces of the same kind are merged into one, as SES merges them.
    """
    groups: dict[str, list[str]] = {}
    for address in addresses:
        groups.setdefault(kind_of(address) or "success", []).append(address)
    delivered = [a for kind in ("success", "ooto", "complaint") for a in groups.get(kind, [])]
    found: list[Outcome] = [_delivered(address) for address in delivered]
    # No address of that name at the simulator: its server answers as for any unknown user.
    if unknown := groups.get("bounce", []) + groups.get("unknown", []):
        found.append(_hard(unknown))
    if listed := groups.get("suppressionlist"):
        found.append(_on_global_list(listed))
    found += [_auto_reply(address) for address in groups.get("ooto", [])]
    found += [_complained(address) for address in groups.get("complaint", [])]
    return found


def _delivered(address: str) -> Delivery:
    return Delivery(recipients=(address,), smtp_response="250 2.6.0 Message received")


def _hard(addresses: Sequence[str]) -> Bounce:
    code = "smtp; 550 5.1.1 user unknown"
    return Bounce(
        recipients=tuple(Recipient(address, "failed", "5.1.1", code) for address in addresses), reporting_mta=_MTA
    )


def _on_global_list(addresses: Sequence[str]) -> Bounce:
    code = "Amazon SES has suppressed sending to this address because it has a recent history of bouncing."
    return Bounce(
        recipients=tuple(Recipient(address, "failed", "5.1.1", code) for address in addresses), subtype="Suppressed"
    )


def _auto_reply(address: str) -> Bounce:
    """Report an out-of-office answer: no action, no status, no diagnostic code, no reporting server."""
    return Bounce(recipients=(Recipient(address),), type="Transient", subtype="General")


def _complained(address: str) -> Complaint:
    return Complaint(recipients=(address,), user_agent=_AGENT)
