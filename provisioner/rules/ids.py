"""Ids derived from content: the same decision has the same id, whoever makes it and however often."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from provisioner.model.standing import Transition


def digest(*parts: object) -> str:
    """24 hexadecimal digits that stand for ``parts``; an iterator is the same as a list of what it yields."""
    hash_ = hashlib.blake2b(digest_size=12)
    for piece in _pieces(iter(parts)):
        hash_.update(piece)
    return hash_.hexdigest()


def _pieces(parts: Iterator[object]) -> Iterator[bytes]:
    """The JSON of a list, bit by bit."""
    before = b"["
    for part in parts:
        yield before
        if isinstance(part, Iterator):
            yield from _pieces(part)
        else:
            yield msgspec.json.encode(part)
        before = b","
    yield b"[]" if before == b"[" else b"]"


def chain(transitions: Iterable[Transition]) -> str:
    """The last transition's id: put into the next one, it makes each id unique in a tenant's history."""
    last = ""
    for one in transitions:
        last = one.id
    return last
