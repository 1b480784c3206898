"""The standing as bytes: versioned, readable, and refused when a newer program wrote it."""

from typing import Any

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.standing import SCHEMA, Standing
from provisioner.rules.memory import migrate as migrate_windows


class StandingUnreadable(InnkeeperError):
    """The tenant must not be judged, taken for good, or lifted: a person restores a version of the object."""


def load_standing(body: bytes) -> Standing:
    """Read a stored standing, bringing what an older program wrote to the present form."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as err:
        raise StandingUnreadable(f"the stored standing is no JSON: {err}", hint=_RESTORE) from err
    if not isinstance(data, dict):
        raise StandingUnreadable("the stored standing is no JSON object", hint=_RESTORE)
    data = _migrate(data)
    try:
        return msgspec.convert(data, Standing)
    except msgspec.ValidationError as err:
        raise StandingUnreadable(f"the stored standing does not fit: {err}", hint=_RESTORE) from err


def dump_standing(standing: Standing) -> bytes:
    """As stored: indented, keys of maps in order, so that two versions can be compared by eye."""
    return msgspec.json.format(msgspec.json.encode(standing, order="deterministic"), indent=1) + b"\n"


def _migrate(data: dict[str, Any]) -> dict[str, Any]:
    schema = data.get("schema", SCHEMA)  # the first schema leaves its number out: it is the default
    if not isinstance(schema, int) or schema > SCHEMA:
        raise StandingUnreadable(
            f"the stored standing has schema {schema}, this program knows up to {SCHEMA}",
            hint="use the program version that wrote it; nothing was judged and nothing was changed",
        )
    windows = data.get("windows")
    return {**data, "windows": migrate_windows(windows)} if isinstance(windows, dict) and windows else data


_RESTORE = (
    "restore an earlier version of the object (the bucket keeps them); nothing was judged and nothing was changed"
)
