"""Bounces of one person as one text, a line each: ``when``, the event's id, and what for.

While a judgement runs there may be hundreds of thousands. As text they take less than half of the memory that tuples
take, and in the order of the alphabet they are in the order of time.
"""

import re
from functools import lru_cache

Bounce = tuple[int, str, str]  # when, event id, what (5.1.1, NoEmail, another status, or nothing)
_DIGITS = 13  # of a time in milliseconds, until the year 2286
# RFC 3463: no such system, and everything about network and routing; RFC 7505: the domain takes no mail at all.
_HOST = re.compile(r"[45]\.(1\.(2|10)|4\.\d+)", re.ASCII)
_UNIT, _LINE = "\x1f", "\n"


def line_of(when: int, event: str, what: str = "") -> str:
    """One bounce. No id and no status holds a control character; one that does is read as a space."""
    line = f"{when:013d}{event}{_UNIT}{what}"
    if _LINE in line or line.count(_UNIT) > 1:
        return f"{when:013d}{_clean(event)}{_UNIT}{_clean(what)}"
    return line


def _clean(text: str) -> str:
    return " ".join(text.split(_UNIT)).replace(_LINE, " ")


def lines_in(text: str) -> list[str]:
    return text.split(_LINE)


def joined(lines: list[str]) -> str:
    return _LINE.join(lines)


def bounce_of(line: str) -> Bounce:
    event, _, what = line[_DIGITS:].partition(_UNIT)
    return int(line[:_DIGITS]), event, what


def bounces_of(text: str) -> list[Bounce]:
    return [bounce_of(line) for line in text.split(_LINE)]


def event_of(text: str) -> str:
    """The first line's event."""
    return text[_DIGITS : text.index(_UNIT)]


def when_of(line: str) -> int:
    """When the first line's bounce was."""
    return int(line[:_DIGITS])


def first_of(text: str) -> str:
    return text.partition(_LINE)[0]


def last_of(text: str) -> str:
    return text[text.rfind(_LINE) + 1 :]


def bound(when: int) -> str:
    """A text whose first bounce was at ``when`` or later is not less than this."""
    return f"{when:013d}"


@lru_cache(maxsize=1024)
def blames_host(what: str) -> bool:
    """Whether a bounce's status speaks of the domain or its server, not of the mailbox."""
    return _HOST.fullmatch(what) is not None
