"""One file's bytes to a Reading: the first steps that tenants, platform and policies share."""

from collections.abc import Callable

import msgspec

from provisioner.config.problem import Wrong
from provisioner.config.reading import Reading, read, read_free
from provisioner.config.text import Misplaced, decode
from provisioner.config.tree import parse


def read_file(file: str, content: bytes, form: type[msgspec.Struct] | None) -> Reading:
    """A file's content read as ``form`` (None: as free options); empty, with the problem noted, if it is not YAML."""
    try:
        root, faults = parse(decode(content))
    except Misplaced as fault:
        reading = Reading(file)
        reading.problem("", fault.wrong, fault.mark)
        return reading
    reading = read(file, root, form) if form else read_free(file, root)
    for duplicate in faults:
        reading.problem("", duplicate.wrong, duplicate.mark)
    return reading


def checked(reading: Reading, path: str, check: Callable[[str], str]) -> str | None:
    """The value at ``path`` in normal form; None where it is missing or wrong (then noted)."""
    value = reading.get(path)
    if value is None:
        return None
    try:
        return check(value)
    except Wrong as wrong:
        reading.problem(path, wrong)
        return None
