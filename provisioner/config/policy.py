"""Policy options: names and values that override the rules' defaults, for one tenant or for all."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from provisioner.config.problem import Code, Wrong, cut
from provisioner.config.reading import Reading, unknown


class Option(Protocol):
    """One option of the rules, as far as reading YAML needs to know it."""

    def problem(self, value: Any) -> str:
        """What is wrong with ``value``, in words; empty if it may be used."""
        ...


Options = Mapping[str, Option]
"""Option name → option. Handed in by the caller, so that reading YAML needs no rule."""


def flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Nested keys as one name with dots: ``{hard: {suspend: 3}}`` gives ``("hard.suspend", 3)``."""
    for key, value in values.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from flat(value, name)
        else:
            yield name, value


def check_options(reading: Reading, path: str, values: Mapping[str, Any], known: Options | None) -> dict[str, Any]:
    """The options in ``values`` by full name; problems are noted below ``path``. ``known`` None: any name goes."""
    options: dict[str, Any] = {}
    for name, value in flat(values):
        place = f"{path}.{name}" if path else name
        if name in options:
            reading.problem(place, Wrong(Code.DUPLICATE_KEY, "is here twice, as one name and split up", "keep one"))
        elif known is not None and name not in known:
            reading.problem(place, unknown(name, known, Code.POLICY_OPTION, "option"))
        elif known is not None and (sentence := known[name].problem(value)):
            reading.problem(place, Wrong(Code.POLICY_VALUE, cut(sentence, 200)))
        options[name] = value
    return options
