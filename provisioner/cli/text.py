"""Text for a terminal: whatever a stranger wrote is shown, never obeyed."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec

# Control, format (bidi marks, zero-width), surrogate, private-use, line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str, *, keep: str = "") -> str:
    """``text`` with every control and invisible character as a visible escape, except those in ``keep``."""
    return "".join(
        char if char in keep or unicodedata.category(char) not in _HIDDEN else ascii(char)[1:-1] for char in text
    )


def json_text(data: Any) -> str:
    """``data`` as indented JSON; hidden characters, which JSON allows in strings, as JSON's own escapes."""
    text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in _HIDDEN else json.dumps(char)[1:-1] for char in text
    )


def count(number: int, one: str, many: str = "") -> str:
    """``1 tenant``, ``2 tenants``; ``many`` where an s does not do."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def some(names: Sequence[str], most: int = 5) -> str:
    """The names, or the first few and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
