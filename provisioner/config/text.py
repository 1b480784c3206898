"""Bytes of a file to text that is safe to hand to a YAML parser and to show to a person."""

import re

from provisioner.config.problem import Code, Mark, Wrong

MAX_BYTES = 64 * 1024

# Direction marks make a line read differently from what it says; the rest is invisible or breaks lines.
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FORBIDDEN = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{BIDI}\ufeff\ufffe\uffff\ud800-\udfff\u0085\u2028\u2029]|\r(?!\n)"
)


class Misplaced(Exception):
    """A Wrong with its place: the file could not even be split into values."""

    def __init__(self, wrong: Wrong, mark: Mark) -> None:
        super().__init__(wrong.message)
        self.wrong = wrong
        self.mark = mark


def decode(content: bytes) -> str:
    """The text of a file. Raises Misplaced for the first thing that no YAML file of ours may hold."""
    if len(content) > MAX_BYTES:
        raise Misplaced(Wrong(Code.TOO_LARGE, f"the file is larger than {MAX_BYTES // 1024} KiB"), Mark())
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Misplaced(Wrong(Code.ENCODING, "the file is not UTF-8 text", "save it as UTF-8, not as Unicode"), Mark())
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        mark = place(content[: error.start].decode("utf-8"), error.start)
        raise Misplaced(Wrong(Code.ENCODING, "the file is not UTF-8 text", "save it as UTF-8"), mark) from None
    if found := _FORBIDDEN.search(text):
        raise Misplaced(invisible(found[0]), place(text, found.start()))
    return text


def place(text: str, index: int) -> Mark:
    """Line and column of the character at ``index``."""
    before = text[:index]
    return Mark(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def invisible(char: str) -> Wrong:
    """The error for a control or direction character."""
    return Wrong(
        Code.CHARACTER,
        f"invisible character U+{ord(char):04X}",
        "delete it; it may have come along with copied text",
    )


def require_one_line(text: str) -> str:
    """``text``, if it is one line without control or direction marks: the form every value has here."""
    if "\n" in text or "\r" in text:
        raise Wrong(Code.CHARACTER, "must be on one line")
    if found := _FORBIDDEN.search(text):
        raise invisible(found[0])
    if "\t" in text:
        raise Wrong(Code.CHARACTER, "holds a tab", "use spaces")
    return text
