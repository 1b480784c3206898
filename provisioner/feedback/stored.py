"""Stored objects as bytes: compressed lines, read back in constant memory, and refused unless they are whole."""

import zlib
from collections.abc import Iterable, Iterator

from provisioner.errors import InnkeeperError

LEVEL = 6
PIECE = 262_144  # bytes inflated at a time
LONGEST_LINE = 8_388_608  # bytes; a raw record holds one message of at most 1 MiB
_GZIP = 31  # zlib's window bits for a gzip header and checksum


class BrokenObject(InnkeeperError):
    """A stored object is truncated, empty or not what it should be. Its tenant must not be judged."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(
            f"{name}: {problem}",
            hint="Restore an older version of the object, or move it away and collect again from the raw records.",
        )
        self.name = name


class NewerSchema(InnkeeperError):
    """A newer version of this program wrote the object. Reading on could lose what it says."""

    def __init__(self, name: str, found: int, known: int) -> None:
        super().__init__(
            f"{name}: written in schema {found}, this version knows {known}", hint="Install a newer version."
        )
        self.name = name


def pack(data: bytes) -> bytes:
    """Compress with gzip; the same data gives the same bytes (no name, no time)."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


def unpack_lines(data: bytes | Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield pieces of whole lines, each ending in a newline. Raises BrokenObject, at the latest at the end."""
    rest: list[bytes] = []
    held = 0
    for piece in _inflate([data] if isinstance(data, bytes) else data, name):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join((*rest, piece[:cut]))
            rest, held = [], 0
        rest.append(piece[cut:])
        held += len(piece) - cut
        if held > LONGEST_LINE:
            raise BrokenObject(name, f"has a line of more than {LONGEST_LINE} bytes")
    if held:
        raise BrokenObject(name, "ends in the middle of a line")


def _inflate(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    for chunk in chunks:
        waiting = chunk
        while waiting:
            if inflater.eof:
                raise BrokenObject(name, "goes on after its end")
            try:
                piece = inflater.decompress(waiting, PIECE)
            except zlib.error:
                raise BrokenObject(name, "is not gzip, or damaged") from None
            waiting = inflater.unconsumed_tail or inflater.unused_data
            if piece:
                yield piece
    # Output may be held back by the limit although all input is taken.
    while not inflater.eof and (piece := _held_back(inflater, name)):
        yield piece
    if not inflater.eof:
        raise BrokenObject(name, "is truncated or empty")


def _held_back(inflater: "zlib._Decompress", name: str) -> bytes:
    try:
        return inflater.decompress(b"", PIECE)
    except zlib.error:
        raise BrokenObject(name, "is not gzip, or damaged") from None
