"""Policy options: names and values that override the rules' defaults, for one tenant or for all."""

from collections.abc import Mapping
from typing import Any, Protocol

from provisioner.config.problem import Code, Wrong
from provisioner.config.reading import Reading, unknown


class Option(Protocol):
    """One option of the rules, as far as reading YAML needs to know it."""

    def problem(self, value: Any) -> str:
        """What is wrong with ``value``, in words; empty if it may be used."""
        ...


Options = Mapping[str, Option]
"""Option name → option. Handed in by the caller, so that reading YAML needs no rule."""


def flatten(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested keys as one name with dots: ``{hard: {suspend: 3}}`` is ``{"hard.suspend": 3}``."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{path}.{key}" if path else key
        flat |= flatten(value, name) if isinstance(value, dict) else {name: value}
    return flat


def check_options(reading: Reading, path: str, values: Mapping[str, Any], known: Options | None) -> dict[str, Any]:
    """The options in ``values`` by full name; problems are noted below ``path``. ``known`` None: any name goes."""
    options = flatten(values)
    if known is not None:
        for name, value in options.items():
            place = f"{path}.{name}" if path else name
            if name not in known:
                reading.problem(place, unknown(name, known, Code.POLICY_OPTION, "option"))
            elif sentence := known[name].problem(value):
                reading.problem(place, Wrong(Code.POLICY_VALUE, sentence))
    return options
