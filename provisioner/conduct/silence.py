"""Silence is a fault: a tenant that sends and of whom nothing is heard has lost its feedback, and with it its conduct.

Two ways to know that it sent: SES's own count of its mail, which goes another way than the events; and a weekly
canary, a mail to the mailbox simulator from the tenant's own address through its own configuration set. Heard is
whatever event of that time lies in the bucket: any event proves set, topic, queue and collector.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from provisioner.conduct import notes
from provisioner.conduct.collecting import Run
from provisioner.conduct.documents import read_manifest
from provisioner.conduct.facts import moment
from provisioner.errors import InnkeeperError
from provisioner.feedback.keys import facts_prefix
from provisioner.model.manifest import Manifest
from provisioner.ports import Archive, Probe

CYCLE_DAYS = 7  # a canary each, a seventh of the fleet a day
PATIENCE = timedelta(hours=6)  # an event takes seconds; a mail may take this long to leave
DAY = timedelta(days=1)


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """The last canary of one tenant."""

    tenant: str
    at: datetime
    message_id: str


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent and is not heard of, whose canary flew today, and who may not or cannot send one."""

    silent: tuple[str, ...] = ()
    flown: tuple[str, ...] = ()
    refused: dict[str, str] = {}
    error: str = ""  # why SES's own count is not known; the canaries do not need it


def canary_key(tenant: str) -> str:
    return f"runs/canary/{tenant}.json"


def is_its_day(tenant: str, now: datetime) -> bool:
    """Whether the tenant's canary flies today: a fixed day of the week for each, spread over the fleet."""
    return sum(tenant.encode()) % CYCLE_DAYS == now.toordinal() % CYCLE_DAYS


def listen(run: Run, archive: Archive, probe: Probe, now: datetime) -> Silence:
    """After collecting: find the silent among those collected, then let today's canaries fly."""
    heard = {one.tenant for one in run.collected if one.events}
    asked = [one.tenant for one in run.collected if not one.error]
    manifests = {tenant: read_manifest(archive, tenant) for tenant in asked if _of_interest(tenant, heard, now)}
    quiet = {tenant: one for tenant, one in manifests.items() if tenant not in heard}
    counted, error = _counted(quiet, probe, now)
    silent = {tenant for tenant in counted if not _heard_since(archive, tenant, now - DAY - PATIENCE, now)}
    silent |= {tenant for tenant in quiet if _lost_its_canary(archive, tenant, now)}
    flown, refused = _fly({t: one for t, one in manifests.items() if is_its_day(t, now)}, archive, probe, now)
    return Silence(silent=tuple(sorted(silent)), flown=flown, refused=refused, error=error)


def _of_interest(tenant: str, heard: set[str], now: datetime) -> bool:
    return tenant not in heard or is_its_day(tenant, now)


def _counted(quiet: Mapping[str, Manifest], probe: Probe, now: datetime) -> tuple[set[str], str]:
    """Tenants that sent a day ago by SES's own count."""
    if not quiet:
        return set(), ""
    try:
        sends = probe.sends(tuple(quiet.values()), now - DAY - PATIENCE, now - PATIENCE)
    except InnkeeperError as err:
        return set(), str(err.args[0])
    return {tenant for tenant, mails in sends.items() if mails > 0}, ""


def _lost_its_canary(archive: Archive, tenant: str, now: datetime) -> bool:
    if not is_its_day(tenant, now - DAY):
        return False
    canary = notes.read(archive, canary_key(tenant), Canary)
    if canary is None or not PATIENCE <= now - canary.at <= 2 * DAY:
        return False
    return not _heard_since(archive, tenant, canary.at, now)


def _heard_since(archive: Archive, tenant: str, since: datetime, now: datetime) -> bool:
    """Whether anything of the tenant was collected since."""
    for days in range((now.date() - since.date()).days + 1):
        for key in archive.keys(facts_prefix(tenant, since + days * DAY)):
            stored = moment(key)
            if stored is not None and stored >= since:
                return True
    return False


def _fly(
    due: Mapping[str, Manifest], archive: Archive, probe: Probe, now: datetime
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Send today's canaries, each once a day. A suspended tenant's is refused, as it should be."""
    flown, refused = [], {}
    for tenant, manifest in due.items():
        known = notes.read(archive, canary_key(tenant), Canary)
        if known is not None and now - known.at < DAY / 2:
            continue
        try:
            message_id = probe.send(manifest)
        except InnkeeperError as err:
            refused[tenant] = str(err.args[0])
            continue
        notes.write(archive, canary_key(tenant), Canary(tenant=tenant, at=now, message_id=message_id))
        flown.append(tenant)
    return tuple(flown), refused
