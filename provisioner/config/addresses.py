"""Domains and e-mail addresses as typed by people: the normal form, or Wrong with what to write instead."""

import functools
import ipaddress
import re

import idna
from publicsuffixlist import PublicSuffixList

from provisioner.config.problem import Code, Wrong, quoted
from provisioner.config.text import require_one_line

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# An address that ends up in an IAM condition, a DNS record or a From header keeps to what means nothing there.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+=-]+(\.[A-Za-z0-9_+=-]+)*")
_MAX_DOMAIN, _MAX_LOCAL, _MAX_ADDRESS = 253, 64, 254
# Names that RFC 6761 and its successors keep out of the public DNS; .example stays usable in examples.
_LOCAL_ONLY = frozenset({"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "test", "invalid",
                         "onion", "arpa", "alt"})  # fmt: skip


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def domain(text: str) -> str:
    """The domain in lower case and A-label form. Raises Wrong if nobody can send mail from it."""
    require_one_line(text)
    _refuse_url(text)
    name = _a_label(text)
    if _is_address_literal(name):
        raise Wrong(Code.DOMAIN, "is an IP address, not a domain")
    labels = name.split(".")
    if labels[-1] in _LOCAL_ONLY:
        raise Wrong(Code.DOMAIN, f"{quoted(text)} exists on private networks only", "use the site's public domain")
    if len(name) > _MAX_DOMAIN:
        raise Wrong(Code.DOMAIN, f"is longer than {_MAX_DOMAIN} characters")
    if bad := next((label for label in labels if not _LABEL.fullmatch(label) or "_" in label), None):
        raise Wrong(Code.DOMAIN, f"{quoted(bad)} is not allowed in a domain", "letters, digits and - between dots")
    if len(labels) < 2 or _suffixes().is_public(name):  # noqa: PLR2004
        raise Wrong(Code.DOMAIN, f"{quoted(text)} belongs to everybody: many owners have names below it",
                    f"write the whole domain, such as bakery.{name}")  # fmt: skip
    return name


def _refuse_url(text: str) -> None:
    if "://" in text or "/" in text:
        raise Wrong(Code.DOMAIN, "is a web address, not a domain", "leave out https:// and everything after the domain")
    if "@" in text:
        raise Wrong(Code.DOMAIN, "is an e-mail address, not a domain", "write only the part after the @")
    if text.endswith("."):
        raise Wrong(Code.DOMAIN, "ends with a dot", "leave the dot out")
    if "*" in text:
        raise Wrong(Code.DOMAIN, "holds a *", "name one domain")
    if ".." in text or text.startswith("."):
        raise Wrong(Code.DOMAIN, "has an empty part between its dots")


@functools.lru_cache(maxsize=4096)  # a fleet's addresses share few hosts, and each tenant names its own often
def _a_label(text: str) -> str:
    try:
        name = idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
        # An A-label that stands for nothing, or for something else, is a spelling of no domain.
        idna.decode(name)
    except (idna.IDNAError, UnicodeError, ValueError, IndexError) as error:
        reason = (
            "it has a part of more than 63 characters" if "too long" in str(error).lower() else "check its spelling"
        )
        raise Wrong(Code.DOMAIN, f"{quoted(text)} is not a valid domain: {reason}", "such as bakery.example") from None
    return name


def _is_address_literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.rpartition(".")[2].isdigit()
    return True


def address(text: str, *, plain: bool = False) -> str:
    """An e-mail address with its domain in normal form. ``plain``: nothing but letters, digits, ``._+=-`` before it."""
    require_one_line(text)
    if "<" in text or ">" in text or "," in text or ";" in text:
        raise Wrong(Code.ADDRESS, f"{quoted(text)} is not one plain address", "write only anna@mail.example")
    local, at, host = text.rpartition("@")
    if not at or not local or not host:
        raise Wrong(Code.ADDRESS, f"{quoted(text)} is not an e-mail address", "such as anna@mail.example")
    if not _LOCAL.fullmatch(local) or len(local) > _MAX_LOCAL:
        raise Wrong(Code.ADDRESS, f"the part before the @ is not valid: {quoted(local)}", "letters, digits, . _ + -")
    if plain and not _PLAIN_LOCAL.fullmatch(local):
        raise Wrong(Code.ADDRESS, f"the part before the @ holds unusual characters: {quoted(local)}",
                    "letters, digits and . _ + = - only")  # fmt: skip
    try:
        name = domain(host)
    except Wrong as wrong:
        raise Wrong(Code.ADDRESS, f"the part after the @: {wrong.message}", wrong.hint) from None
    if len(local) + 1 + len(name) > _MAX_ADDRESS:
        raise Wrong(Code.ADDRESS, f"is longer than {_MAX_ADDRESS} characters")
    return f"{local}@{name}"


def is_within(name: str, other: str) -> bool:
    """Tell whether ``name`` is the domain ``other`` or below it."""
    return name == other or name.endswith(f".{other}")
