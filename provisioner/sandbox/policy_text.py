"""Patterns in policies: ``*`` and ``?``, and variables such as ``${aws:username}`` or the literal forms ``${*}``."""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache

ContextValue = str | int | float | bool | Sequence[str]
Context = Mapping[str, ContextValue]
"""What is known about a request: condition key in lower case → value, a sequence where the key holds several."""


class PolicyError(ValueError):
    """A policy this evaluator cannot judge. Guessing would make a test say yes where AWS says no."""


class Wild(Enum):
    """What a pattern may hold beside plain characters."""

    MANY = ".*"
    ONE = "."


Pattern = tuple[str | Wild, ...]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_FORMS = {"*", "?", "$"}
_NAME = re.compile(r"([A-Za-z0-9-]+:[A-Za-z0-9]+(?:/[^,}]+)?)(?:\s*,\s*'([^']*)')?")


def parse_pattern(text: str, context: Context, *, variables: bool) -> Pattern | None:
    """Turn the text of a policy into a pattern. None: it names a variable that this request does not have.

    ``variables`` is false for policies of the version before 2012-10-17, where ``${`` is plain text.
    """
    if not variables:
        return _wildcards(text)
    parts: list[str | Wild] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        parts += _wildcards(text[end : found.start()])
        end = found.end()
        value = _resolve(found[1], context)
        if value is None:
            return None
        parts.append(value)  # never wild: a user named "*" is not everybody
    return (*parts, *_wildcards(text[end:]))


def plain(pattern: Pattern) -> str:
    """Write a pattern as the text it is where wildcards mean nothing, as under ``StringEquals``."""
    signs = {Wild.MANY: "*", Wild.ONE: "?"}
    return "".join(signs[part] if isinstance(part, Wild) else part for part in pattern)


@lru_cache(maxsize=4096)
def _compiled(pattern: Pattern) -> re.Pattern[str]:
    return re.compile("".join(p.value if isinstance(p, Wild) else re.escape(p) for p in pattern), re.DOTALL)


def matches(pattern: Pattern, value: str) -> bool:
    """Compare, case and all."""
    return _compiled(pattern).fullmatch(value) is not None


def matches_arn(pattern: Pattern, value: str) -> bool:
    """Compare two ARNs part by part: a wildcard does not reach over the first five colons."""
    wanted, given = _split_arn(pattern), value.split(":", 5)
    if len(wanted) != _ARN_PARTS or len(given) != _ARN_PARTS:
        return False
    return all(matches(part, text) for part, text in zip(wanted, given, strict=True))


_ARN_PARTS = 6


def _split_arn(pattern: Pattern) -> list[Pattern]:
    parts: list[list[str | Wild]] = [[]]
    for piece in pattern:
        if isinstance(piece, Wild):
            parts[-1].append(piece)
            continue
        head, *tail = piece.split(":", _ARN_PARTS - len(parts))
        parts[-1].append(head)
        parts.extend([text] for text in tail)
    return [tuple(part) for part in parts]


def _wildcards(text: str) -> Pattern:
    pieces = re.split(r"([*?])", text)
    signs = {"*": Wild.MANY, "?": Wild.ONE}
    return tuple(signs.get(piece, piece) for piece in pieces if piece)


def _resolve(name: str, context: Context) -> str | None:
    if name in _LITERAL_FORMS:
        return name
    found = _NAME.fullmatch(name)
    if not found:
        raise PolicyError(f"unknown policy variable ${{{name}}}")
    value = context.get(found[1].lower())
    if isinstance(value, str):
        return value
    if value is not None:
        raise PolicyError(f"policy variable ${{{name}}} needs a key with a single text value")
    return found[2]  # the default, or None
