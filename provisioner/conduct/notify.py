"""Send the mails that a standing owes, and note in the standing which were sent.

The standing is the outbox: a notice is written there with the decision it tells of. Dying between sending and
noting repeats that one notice, with the same Message-ID.
"""

from datetime import datetime

import msgspec

from provisioner.conduct.documents import read_standing, write_standing
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Notice, Standing
from provisioner.ports import Conflict
from provisioner.report.notices import audiences, render_notice

_TRIES = 5


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """Notices sent now, and those that still wait with the reason."""

    sent: tuple[str, ...] = ()
    failed: dict[str, str] = {}


def owed(standing: Standing) -> tuple[Notice, ...]:
    """Notices not sent to everybody yet, in the order in which they were decided."""
    return tuple(notice for notice in standing.outbox if notice.sent is None)


def notify(manifest: Manifest, outside: Outside, now: datetime) -> Notified:
    """Send what the stored standing owes. A mail that fails stays in the outbox and holds up no other."""
    standing, _ = read_standing(outside.archive, manifest.tenant)
    sent: list[str] = []
    failed: dict[str, str] = {}
    for notice in owed(standing):
        after = notice
        for audience in audiences(notice):
            if audience not in after.reached:
                after = _send(after, audience, manifest, standing, outside)
                _note(outside, manifest.tenant, after)
        if after.failed is None:
            after = msgspec.structs.replace(after, sent=now)
            _note(outside, manifest.tenant, after)
            sent.append(notice.id)
        else:
            failed[notice.id] = after.failed
    return Notified(sent=tuple(sent), failed=failed)


def _send(notice: Notice, audience: str, manifest: Manifest, standing: Standing, outside: Outside) -> Notice:
    """The notice as it is afterwards: whom it has reached, and what went wrong."""
    others = notice.failed if notice.failed and not notice.failed.startswith(audience) else None
    try:
        outside.mailer.send(render_notice(notice, manifest, standing, audience=audience))
    except InnkeeperError as err:
        return msgspec.structs.replace(notice, failed=f"{audience}: {err.args[0]}")
    return msgspec.structs.replace(notice, reached=(*notice.reached, audience), failed=others)


def _note(outside: Outside, tenant: str, notice: Notice) -> None:
    """Put the notice back into the standing, whatever else was written there meanwhile."""
    for _ in range(_TRIES):
        standing, etag = read_standing(outside.archive, tenant)
        outbox = tuple(notice if other.id == notice.id else other for other in standing.outbox)
        if outbox == standing.outbox:
            return  # pruned meanwhile, or noted by another run
        try:
            write_standing(outside.archive, msgspec.structs.replace(standing, outbox=outbox), etag)
        except Conflict:
            continue
        return
    raise InnkeeperError(
        f"{tenant}: could not note that notice {notice.id} was sent", hint="it may be sent once more by the next run"
    )
