"""Ids derived from content: the same decision has the same id, whoever makes it and however often."""

import hashlib
from collections.abc import Iterable

import msgspec

from provisioner.model.standing import Transition


def digest(*parts: object) -> str:
    """24 hexadecimal digits that stand for ``parts``."""
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=12).hexdigest()


def chain(transitions: Iterable[Transition]) -> str:
    """The last transition's id: put into the next one, it makes each id unique in a tenant's history."""
    last = ""
    for one in transitions:
        last = one.id
    return last
