"""How guessed local parts look: people's names, role words, and runs that somebody counted up.

Only shapes, never meaning: a name list would know Anna and not Xochitl. What tells letters that are a name from
letters that are noise is whether they can be spoken: random strings soon hold five consonants in a row.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Mailboxes that organisations have (RFC 2142 and the usual ones, also in the languages around us).
ROLES = frozenset(
    re.findall(
        r"\w+",
        """
    abuse account accounting accounts admin administrator anfrage assistant bestellung bewerbung billing board
    booking bookings buchhaltung buero bureau career careers ceo cfo comercial commercial compras compta
    comptabilite contact contacto contato contatti cto customerservice direction direktion einkauf empfang
    enquiries enquiry events export facturacion facturation finance front frontdesk gerencia hello help helpdesk
    hostmaster hr info information infos inquiry invoice invoices it job jobs jura kontakt kundenservice legal
    logistics mail mailbox management manager marketing media news newsletter noreply office order orders partner
    partners personal postmaster press presse privacy purchasing reception rechnung recruiting recruitment
    redaktion reservation reservations root rrhh sales secretariat secretary security sekretariat service shop
    spam staff studio support team tech technik training vendite ventas verkauf vertrieb verwaltung web webmaster
    welcome zentrale
        """,
    )
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i"}
)
_SEPARATED = re.compile(r"[a-z]+(?:[._-][a-z]+){1,3}\d{0,2}")
_TOGETHER = re.compile(r"[a-z]{4,24}\d{0,2}")
_NOISE = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}")
_GAP = 2  # a counted-up run may lack every other number: those mailboxes exist
_RUN = 3  # fewer in a row are chance
_NUMBERED = re.compile(r"(.*?)(\d+)")


def plain(local: str) -> str:
    """Lower case, no +tag, no accents: ``José.Muñoz+shop`` is ``jose.munoz``."""
    text = local.strip('"').partition("+")[0].casefold().translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def is_separated_name(local: str) -> bool:
    """``first.last``, ``f.last``, ``first_l``, ``first-middle-last``: letters, a separator, letters."""
    text = plain(local)
    return bool(_SEPARATED.fullmatch(text)) and any(len(part) > 1 for part in re.split(r"[._-]", text))


def is_joined_name(local: str) -> bool:
    """``firstlast``, ``flast``: nothing but letters, and they can be spoken."""
    text = plain(local)
    if not _TOGETHER.fullmatch(text):
        return False
    letters = text.rstrip("0123456789")
    vowels = sum(letter in "aeiouy" for letter in letters)
    return vowels * 6 >= len(letters) and not _NOISE.search(letters)


def is_role(local: str) -> bool:
    return re.sub(r"[._-]?\d{1,2}$", "", plain(local)) in ROLES


def in_runs(locals_: Iterable[str]) -> set[str]:
    """Those that count up: ``user1 user2 user3``, ``a b c d``, ``team-a team-b team-c``; at least three in a row."""
    by_stem: dict[str, dict[int, str]] = {}
    for local in locals_:
        text = plain(local)
        if match := _NUMBERED.fullmatch(text):
            by_stem.setdefault(f"{match[1]}#", {})[int(match[2][:18])] = local
        lettered = text[-2:-1] in ("", "-", "_", ".")
        if text and lettered and "a" <= text[-1] <= "z":
            by_stem.setdefault(text[:-1], {})[ord(text[-1])] = local
    found: set[str] = set()
    for numbers in by_stem.values():
        found |= _consecutive(numbers)
    return found


def _consecutive(numbers: dict[int, str]) -> set[str]:
    found: set[str] = set()
    run: list[int] = []
    for number in sorted(numbers):
        run = [*run, number] if run and number - run[-1] <= _GAP else [number]
        if len(run) >= _RUN:
            found.update(numbers[each] for each in run[-_RUN:])
    return found


def guessable(locals_: Iterable[str]) -> dict[str, str]:
    """Each local part that looks guessed, with the reason in a word or two."""
    known = list(locals_)
    runs = in_runs(known)
    found = {}
    for local in known:
        shape = _shape(local)
        if shape == "spoken":
            shape = "counted up" if local in runs else "names"
        elif not shape and local in runs:
            shape = "counted up"
        if shape:
            found[local] = shape
    return found


@lru_cache(maxsize=32_768)
def _shape(local: str) -> str:
    """What one local part looks like by itself; asked again for each week a bounce belongs to."""
    if is_separated_name(local):
        return "names"
    if is_role(local):
        return "role words"
    return "spoken" if is_joined_name(local) else ""
