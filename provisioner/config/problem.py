"""One thing that is wrong in a YAML file, and where."""

import unicodedata
from enum import StrEnum

import msgspec


class Code(StrEnum):
    """Stable numbers for what can be wrong: 1xx the file and its YAML, 2xx its shape, 3xx a value, 4xx the fleet."""

    UNREADABLE = "C101"
    TOO_LARGE = "C102"
    ENCODING = "C103"
    CHARACTER = "C104"
    SYNTAX = "C105"
    ALIAS = "C106"
    TAG = "C107"
    TOO_DEEP = "C108"
    DOCUMENT = "C109"
    DUPLICATE_KEY = "C110"
    KEY = "C111"
    UNKNOWN_KEY = "C201"
    MISSING_KEY = "C202"
    TYPE = "C203"
    QUOTES = "C204"
    CHOICE = "C205"
    RANGE = "C206"
    LENGTH = "C207"
    TENANT_ID = "C301"
    DOMAIN = "C302"
    ADDRESS = "C303"
    FROM_DOMAIN = "C304"
    CONTACT_OUTSIDE = "C305"
    NETWORK = "C306"
    REGION = "C307"
    NAME = "C308"
    MAIL_FROM = "C309"
    POLICY_OPTION = "C310"
    POLICY_VALUE = "C311"
    POLICY_FILE = "C312"
    ARN = "C313"
    FILE_NAME = "C401"
    SAME_ID = "C402"
    SAME_DOMAIN = "C403"
    PLATFORM_DOMAIN = "C404"
    FILE_ENDING = "C405"


class Mark(msgspec.Struct, frozen=True, order=True):
    """A place in a file; both count from 1."""

    line: int = 1
    column: int = 1


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One error, in words for the person who wrote the file. ``field`` is a path such as ``sending.from``."""

    file: str
    line: int
    column: int
    field: str
    message: str
    code: Code
    hint: str = ""

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        return (self.file, self.line, self.column, self.field, self.message)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        what = f"{self.field}: {self.message}" if self.field else self.message
        hint = f" → {self.hint}" if self.hint else ""
        return visible(f"{where}{what} [{self.code}]{hint}")


class Wrong(Exception):
    """A value is not acceptable; caught where the place in the file is known, and turned into a Problem."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def visible(text: str) -> str:
    """``text`` on one line, with everything a terminal could obey or hide written as an escape."""
    if text.isprintable():
        return text
    return "".join(ascii(char)[1:-1] if unicodedata.category(char) in _HIDDEN else char for char in text)


def quoted(text: str, limit: int = 60) -> str:
    """``text`` as it is shown inside a message: quoted, on one line, cut."""
    return f'"{visible(cut(text, limit))}"'


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``."""
    return text if len(text) <= limit else f"{text[:limit]}…"
