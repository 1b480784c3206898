"""Text of strangers, made harmless for the place it goes to.

Names, addresses and diagnostics are written by tenants and by foreign mail servers. HTML escaping is the
template engine's work; this module takes care of what survives it: control characters, marks that reverse
or hide text, line breaks in headers, and formulas in spreadsheet cells.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

_JOINERS = {"\u200c", "\u200d"}  # needed to write Persian, Indic scripts and many emoji
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_HEADER_LIMIT = 150


def visible(text: str, limit: int = 500) -> str:
    r"""``text`` on one line, with control, bidi and invisible characters shown as escapes such as ``\u202e``."""
    shown = text[:limit]
    if not shown.isprintable():  # which nearly all text is
        shown = "".join(_shown(char) for char in shown)
    return shown if len(text) <= limit else f"{shown}…"


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    hidden = category in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} or (ord(char) & 0xFFFE) == 0xFFFE  # noqa: PLR2004
    if not hidden or char in _JOINERS:
        return char
    code = ord(char)
    if code > 0xFFFF:  # noqa: PLR2004
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"  # noqa: PLR2004


def header(text: str) -> str:
    """A header's value: one line, not endless, and no encoded word that a mail program would decode once more."""
    return " ".join(visible(text, _HEADER_LIMIT).replace("=?", "= ?").split())


def message_id(text: str) -> str:
    """The left side of a Message-ID: only characters that need no quoting."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in text)
    return kept.strip(".-")[:64] or "notice"


def cell(value: object) -> str:
    """A spreadsheet cell that is never a formula: such text gets a leading apostrophe, as spreadsheets expect."""
    if isinstance(value, (int, float)):
        return str(value)
    raw = str(value)
    text = visible(raw)
    return f"'{text}" if raw.lstrip(" \u00a0").startswith(_FORMULA) else text


def as_json(data: object) -> str:
    """Indented JSON that UTF-8 can carry whatever is in it; the same data gives the same text."""
    text = json.dumps(msgspec.to_builtins(data), indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode() + "\n"  # a lone surrogate becomes JSON's own escape


def table_csv(header_row: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """RFC 4180 text of a table, every cell made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header_row)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()
