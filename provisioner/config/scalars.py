"""What a plain (unquoted) YAML value is taken for, so that nothing changes its meaning in silence."""

import re

import yaml

from provisioner.config.problem import Code, Wrong, quoted
from provisioner.config.tree import Scalar

_STR = "tag:yaml.org,2002:str"
_resolver = yaml.resolver.Resolver()
# YAML 1.2 reads these as numbers, PyYAML does not: an editor or another tool may.
_NUMBER_1_2 = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,18}")
_MEANINGS = {
    "bool": "yes or no",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default value",
}


def meaning(scalar: Scalar) -> str:
    """What YAML makes of an unquoted value ("a number", "a date" …); empty for text."""
    if not scalar.plain:
        return ""
    if _NUMBER_1_2.fullmatch(scalar.text):
        return "a number"
    tag: str = _resolver.resolve(yaml.ScalarNode, scalar.text, (True, False))  # type: ignore[no-untyped-call]
    return "" if tag == _STR else _MEANINGS.get(tag.rpartition(":")[2], "something else")


def text(scalar: Scalar) -> str:
    """The value as text. Raises Wrong where YAML would read something else."""
    if not scalar.text and scalar.plain:
        raise Wrong(Code.TYPE, "has no value")
    if taken := meaning(scalar):
        raise Wrong(
            Code.QUOTES,
            f"YAML reads {quoted(scalar.text)} without quotes as {taken}",
            f"write {quoted(scalar.text)} with the quotes",
        )
    return scalar.text


def boolean(scalar: Scalar) -> bool:
    """``true`` or ``false``, and no other spelling."""
    if scalar.plain and scalar.text in ("true", "false"):
        return scalar.text == "true"
    raise Wrong(Code.TYPE, f"expected true or false, got {quoted(scalar.text)}", "without quotes")


def integer(scalar: Scalar) -> int:
    """A whole number in the one spelling that everybody reads alike."""
    if scalar.plain and _INTEGER.fullmatch(scalar.text):
        return int(scalar.text)
    raise Wrong(Code.TYPE, f"expected a whole number, got {quoted(scalar.text)}", "digits only, such as 12")


def number(scalar: Scalar) -> int | float:
    """A whole or decimal number."""
    if scalar.plain and _DECIMAL.fullmatch(scalar.text):
        return float(scalar.text)
    if scalar.plain and _INTEGER.fullmatch(scalar.text):
        return int(scalar.text)
    raise Wrong(Code.TYPE, f"expected a number, got {quoted(scalar.text)}", "such as 12 or 0.5")


def free(scalar: Scalar) -> bool | int | float | str:
    """A value whose type the key does not fix: true/false, a number, or text."""
    if scalar.plain and scalar.text in ("true", "false"):
        return scalar.text == "true"
    if scalar.plain and (_INTEGER.fullmatch(scalar.text) or _DECIMAL.fullmatch(scalar.text)):
        return number(scalar)
    return text(scalar)
