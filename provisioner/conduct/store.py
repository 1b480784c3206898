"""Put a decision into the bucket: the standing by a conditional write, then the verdict. The standing comes first."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from provisioner.conduct import documents
from provisioner.conduct.judge import Judged
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive, Conflict

_TRIES = 5


def store(
    one: Judged,
    archive: Archive,
    now: datetime,
    *,
    again: Callable[[], Judged],
    guard: Callable[[Judged], None],
    by: str = "audit",
) -> Judged:
    """Store a judgement; the one that was stored. If somebody wrote meanwhile, it is judged ``again``.

    ``guard`` is asked before every attempt and may raise: what is judged again may condemn where it did not before.
    """
    for _ in range(_TRIES):
        guard(one)
        try:
            etag = documents.write_standing(archive, one.verdict.standing, one.case.etag)
        except Conflict:
            one = again()
            continue
        if one.verdict.findings or one.verdict.actions or one.changed:
            documents.append_verdict(archive, one.verdict, documents.run_id(now, by))
        return msgspec.structs.replace(one, etag=etag)
    raise InnkeeperError(f"{one.tenant}: its standing kept changing", hint="run the same command again")
