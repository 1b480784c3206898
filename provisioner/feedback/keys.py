"""Names of the stored objects: day first, then tenant, then time and a hash of the content.

Time is when the *collector ran*, not when a message was sent: what is stored later sorts later, so that an audit
which remembers the last key it judged misses nothing. The same content stored at the same time has the same key.
"""

import hashlib
from datetime import UTC, datetime

RAW = "feedback"
FACTS = "facts"
QUARANTINE = "quarantine"


def raw_key(tenant: str, at: datetime, content: bytes) -> str:
    """``feedback/<yyyy-mm-dd>/<tenant>/<time>-<hash>.ndjson.gz``; ``at`` is aware."""
    return f"{raw_prefix(tenant, at)}{_clock(at)}-{_digest(content)}.ndjson.gz"


def facts_key(tenant: str, at: datetime, content: bytes) -> str:
    """``facts/<yyyy-mm-dd>/<tenant>/<time>-<hash>.ndjson.gz``; ``at`` is aware."""
    return f"{facts_prefix(tenant, at)}{_clock(at)}-{_digest(content)}.ndjson.gz"


def is_of(key: str, content: bytes) -> bool:
    """Whether a key of raw records or facts was made of this very content."""
    return key.endswith(f"-{_digest(content)}.ndjson.gz")


def quarantine_key(tenant: str, sent: datetime, content: bytes) -> str:
    """``quarantine/<tenant>/<yyyy-mm-dd>/<hash>.json``, by the day it was *sent*: a second copy is the same object."""
    return f"{QUARANTINE}/{tenant}/{_day(sent)}/{_digest(content)}.json"


def raw_prefix(tenant: str, day: datetime) -> str:
    """Where a day's raw records of one tenant are."""
    return f"{RAW}/{_day(day)}/{tenant}/"


def facts_prefix(tenant: str, day: datetime) -> str:
    """Where a day's facts of one tenant are."""
    return f"{FACTS}/{_day(day)}/{tenant}/"


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def _clock(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc:%H%M%S}{utc.microsecond // 1000:03d}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=10).hexdigest()
