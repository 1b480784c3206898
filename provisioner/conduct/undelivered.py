"""What SES says about the platform's own mail: read once a run, kept in one small object, told by a metric.

A notice that comes back is never answered by another mail: that is how loops begin. Nor does it reach the rules: its
queue is the platform's, and nothing of it is stored among any tenant's facts.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from provisioner.conduct.at_once import tell
from provisioner.conduct.collect import Collected, Drain, add, gather, read
from provisioner.conduct.documents import pretty, read_manifest, tenants
from provisioner.conduct.each import each
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.feedback.address import normalise
from provisioner.feedback.attribution import Source
from provisioner.feedback.keys import quarantine_key
from provisioner.feedback.raw import encode_quarantine
from provisioner.feedback.undelivered import Undelivered, Whose, merge, settle
from provisioner.model.manifest import Manifest
from provisioner.model.names import PlatformNames
from provisioner.ports import Archive, Conflict, FeedbackQueue, Message
from provisioner.report.undelivered import sentence

KEY = "notices/undelivered.json"
SOURCE = "notices"  # no tenant can have this id
_ASIDE = "_notices"  # quarantine of what lay in the queue and is not about our own mail
_TRIES = 10
_NEW = timedelta(hours=23)  # a run that is repeated rings again; that of the next day does not
_SHOWN = 50

_Change = Callable[[Sequence[Undelivered]], tuple[Undelivered, ...]]


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 1
    addresses: tuple[Undelivered, ...] = ()


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of the queue. ``listed`` None: what is kept could not be read or brought up to date."""

    at: datetime
    collected: Collected
    listed: tuple[Undelivered, ...] | None = None
    error: str = ""

    @property
    def new(self) -> int | None:
        """Addresses that notices came back from since the run of the day before; None: not known."""
        if self.listed is None:
            return None
        return sum(one.noted > self.at - _NEW for one in self.listed)


def source_of_notices(names: PlatformNames, sender: str) -> Source:
    """The names that a message about the platform's own mail must carry."""
    return Source(
        tenant=SOURCE,
        configuration_set=names.configuration_set,
        topic_arn=names.notices_topic_arn,
        account=names.place.account,
        domain=sender.rpartition("@")[2],
    )


def collect_notices(source: Source, outside: Outside, drain: Drain, *, workers: int = 8) -> Notices:
    """Read the queue until it falls silent, and let go of addresses that are nobody's any more."""
    total = Collected(tenant=SOURCE)
    error = ""
    try:
        queue = outside.notices()
        why = None
        while why is None:
            chunk, why = gather(queue, drain, total.seen)
            if chunk:
                total = add(total, store(source, queue, outside.archive, chunk, drain.clock()))
        total = msgspec.structs.replace(total, stopped=why, depth=queue.depth())
    except (InnkeeperError, Conflict) as err:
        error = str(err)
        total = msgspec.structs.replace(total, stopped="error", error=error)
    if total.security:
        tell(outside, "notices: messages that are not about them", _foreign(total.security))
    now = drain.clock()
    try:
        listed = _settle(outside.archive, now, workers)
    except (InnkeeperError, Conflict) as err:
        return Notices(at=now, collected=total, error=error or str(err))
    return Notices(at=now, collected=total, listed=listed, error=error)


def store(
    source: Source, queue: FeedbackQueue, archive: Archive, messages: Sequence[Message], now: datetime
) -> Collected:
    """Put messages into the list, then delete them. Dying between repeats it, which changes nothing."""
    latest = {message.id: message for message in messages}
    chunk = read(latest.values(), source)
    for message, why in chunk.aside:
        body = encode_quarantine(message, why.reason, security=why.security)
        archive.put_new(quarantine_key(_ASIDE, message.sent, body), body)
    if chunk.events:
        _change(archive, lambda known: merge(known, chunk.events, now))
    left = queue.delete(list(latest.values()))
    return Collected(
        tenant=SOURCE,
        seen=len(messages),
        stored=len(chunk.kept),
        duplicate=len(messages) - len(latest),
        quarantined=len(chunk.aside),
        security=sum(why.security for _, why in chunk.aside),
        kept_in_queue=len(left),
        flags=chunk.flags,
        oldest=min(message.sent for message in messages),
    )


def undelivered(archive: Archive) -> tuple[Undelivered, ...]:
    """Who cannot be told. Raises InnkeeperError for a list that cannot be read."""
    return _load(archive)[0]


def alerts(archive: Archive) -> tuple[str, ...]:
    """For the fleet's page and the digest: a sentence for each address."""
    try:
        listed = undelivered(archive)
    except InnkeeperError as err:
        return (str(err.args[0]),)
    newest = sorted(listed, key=lambda one: one.last, reverse=True)
    more = (f"Notices to {len(newest) - _SHOWN} more addresses come back.",) if len(newest) > _SHOWN else ()
    return (*map(sentence, newest[:_SHOWN]), *more)


def _settle(archive: Archive, now: datetime, workers: int) -> tuple[Undelivered, ...]:
    """Read all manifests, but only where somebody is listed: whose the addresses are, and which are nobody's."""
    listed = undelivered(archive)
    if not listed:
        return ()
    found = each(lambda tenant: _manifest(archive, tenant), list(tenants(archive)), workers)
    known = [one for one in found if one is not None]
    whose = _whose(known)
    return _change(archive, lambda now_listed: settle(now_listed, whose, now, everybody=len(known) == len(found)))


def _manifest(archive: Archive, tenant: str) -> Manifest | None:
    try:
        return read_manifest(archive, tenant)
    except InnkeeperError:  # the collection of that very tenant says so
        return None


def _whose(manifests: Iterable[Manifest]) -> dict[str, Whose]:
    contacts: dict[str, set[str]] = {}
    operators: set[str] = set()
    for manifest in manifests:
        operators.add(normalise(manifest.operator))
        for contact in manifest.contacts:
            contacts.setdefault(normalise(contact), set()).add(manifest.tenant)
    return {
        address: Whose(tenants=tuple(sorted(contacts.get(address, ()))), operator=address in operators)
        for address in contacts.keys() | operators
    }


def _change(archive: Archive, change: _Change) -> tuple[Undelivered, ...]:
    for _ in range(_TRIES):
        known, etag = _load(archive)
        changed = change(known)
        if changed == known:
            return known
        try:
            archive.put_if(KEY, pretty(_Document(addresses=changed)), etag)
        except Conflict:
            continue
        return changed
    raise InnkeeperError(f"{KEY} kept changing while it was written", hint="the next run of collect writes it")


def _load(archive: Archive) -> tuple[tuple[Undelivered, ...], str | None]:
    stored = archive.get(KEY)
    if stored is None:
        return (), None
    try:
        document = msgspec.json.decode(stored.body, type=_Document)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        hint = "restore an earlier version of that object, or delete it; what came back waits in the queue"
        raise InnkeeperError(f"{KEY} cannot be read: {err}", hint=hint) from err
    return document.addresses, stored.etag


def _foreign(count: int) -> str:
    return (
        f"{count} messages in the queue of the platform's own mail are about something else. They were set aside and "
        f"changed nothing.\nLook at quarantine/{_ASIDE}/ in the bucket for the reasons."
    )
