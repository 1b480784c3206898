"""E-mail addresses as events carry them: brought to one form, or recognised as unreadable.

The one form has no display name, no comment and no needless quotes; it is in lower case, its domain in A-label
form without a trailing dot. ``+tag`` and dots stay: those are other addresses. An unreadable address becomes
the empty string, which no rule ever blocks.
"""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from functools import lru_cache

import idna

LONGEST = 320  # local part 64, @, domain 255
LONGEST_DOMAIN = 255

_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_ASCII_DOMAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LITERAL = re.compile(r"\[(?:ipv6:)?[0-9a-f.:]+\]")
_SIMPLE_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\]]+")
_DOT_ATOM = re.compile(r"[^\s\"(),.:;<>@\[\\\]]+(?:\.[^\s\"(),.:;<>@\[\\\]]+)*")
_QUOTED_LOCAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_UNESCAPE = re.compile(r"\\(.)")
_TYPE_PREFIX = re.compile(r"(?:rfc822|utf-8|mailto)\s*[;:]\s*", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=")


def normalise(text: str) -> str:
    """Bring ``text`` to the one form; an empty string if no address can be read from it."""
    if len(text) <= LONGEST_DOMAIN and _PLAIN.fullmatch(text):
        return text.lower().rstrip(".")
    return _normalise(text)


def domain_of(address: str) -> str:
    """Cut the domain from a normalised address."""
    return address.rpartition("@")[2]


def same_mailbox(address: str) -> str:
    """Make a key that is equal for two spellings of one mailbox: ``"a."@b`` and ``a.@b``."""
    local, _, domain = address.rpartition("@")
    quoted = _QUOTED_LOCAL.fullmatch(local)
    if quoted and _SIMPLE_LOCAL.fullmatch(inner := _UNESCAPE.sub(r"\1", quoted[1])):
        return f"{inner}@{domain}"
    return address


def normalise_domain(text: str) -> str:
    """Bring a domain to lower case and A-label form; an empty string if it is none."""
    return _normalise_domain(text) if len(text) <= LONGEST_DOMAIN else ""


@lru_cache(maxsize=4096)
def _normalise_domain(text: str) -> str:
    domain = text.rstrip(".").lower()
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return ""
    if len(domain) <= LONGEST_DOMAIN and (_ASCII_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)):
        return domain
    return ""


def _normalise(text: str) -> str:
    """Read the rarer forms: names, quotes, encoded words, other scripts."""
    if len(text) > 10 * LONGEST:  # a display name may be long, but not that long
        return ""
    inner = _without_name(_without_comment(text.strip()))
    inner = _TYPE_PREFIX.sub("", inner, count=1).strip() if _TYPE_PREFIX.match(inner) else inner
    if "@" not in inner and _ENCODED_WORD.fullmatch(inner):
        inner = _without_name(_decode_words(inner))
    local, at, domain = inner.rpartition("@")
    local, domain = _normalise_local(local), normalise_domain(domain)
    address = f"{local}@{domain}" if at and local and domain else ""
    return address if len(address) <= LONGEST else ""


def _without_comment(text: str) -> str:
    """Cut one comment in parentheses off the end, if something stands before it."""
    start = text.rfind("(")
    return text[:start].rstrip() if text.endswith(")") and start > 0 else text


def _without_name(text: str) -> str:
    """Take what stands in the last angle brackets outside quotes, or the text itself."""
    if not text.endswith(">"):
        return text
    quoted = escaped = False
    start = -1
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "<" and not quoted:
            start = position
    return text[start + 1 : -1].strip() if start >= 0 else ""


def _normalise_local(local: str) -> str:
    """Lower case and no needless quotes; empty if it holds what no mailbox can be called."""
    local = unicodedata.normalize("NFC", local.lower())
    if not local.isprintable():  # controls, bidi marks, zero width, surrogates, strange spaces
        return ""
    if _SIMPLE_LOCAL.fullmatch(local):
        return local
    quoted = _QUOTED_LOCAL.fullmatch(local)
    if not quoted:
        return ""
    inner = _UNESCAPE.sub(r"\1", quoted[1])
    return inner if _DOT_ATOM.fullmatch(inner) else local


def _decode_words(text: str) -> str:
    try:
        parts = decode_header(text)
        return "".join(part if isinstance(part, str) else part.decode(charset or "ascii") for part, charset in parts)
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return ""
