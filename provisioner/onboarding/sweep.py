"""Everybody's previous SMTP keys: those that may go are retired, the others say what they wait for."""

from collections.abc import Callable, Sequence

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.onboarding.credentials import MAX_KEYS
from provisioner.onboarding.retirement import Retirement
from provisioner.onboarding.rotating import Rotation, retire


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everybody's previous keys. ``waiting``: tenant -> why its previous key still lives."""

    looked_at: int = 0
    retired: dict[str, str] = {}  # tenant -> access key id
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    left: tuple[str, ...] = ()  # not looked at, because the time was up

    def summary(self) -> dict[str, object]:
        """For the log line."""
        return msgspec.structs.asdict(self)


def retire_all(
    tenants: Sequence[str],
    rotation_of: Callable[[str], Rotation],
    seconds_left: Callable[[], float] = lambda: float("inf"),
    reserve: float = 0.0,
) -> Swept:
    """Retire every previous key that may go. One tenant's failure stops no other."""
    retired: dict[str, str] = {}
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    for number, tenant in enumerate(tenants):
        if seconds_left() < reserve:
            return Swept(
                looked_at=number, retired=retired, waiting=waiting, failed=failed, left=tuple(tenants[number:])
            )
        try:
            result = retire_if_two(rotation_of(tenant))
        except InnkeeperError as error:
            failed[tenant] = str(error)
            continue
        if result.retired:
            retired[tenant] = str(result.key)
        elif result.key:
            waiting[tenant] = result.waits_for
    return Swept(looked_at=len(tenants), retired=retired, waiting=waiting, failed=failed)


def retire_if_two(one: Rotation) -> Retirement:
    """Like ``retire``, for one call where there is nothing to do, as with nearly every tenant."""
    if len(one.keys.list(one.manifest.user)) < MAX_KEYS:
        return Retirement(key=None, retired=False)
    return retire(one)
