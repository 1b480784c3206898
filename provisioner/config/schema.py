"""JSON Schemas of the YAML files, for editors; generated from the same forms that the reader checks against."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from provisioner.config.forms import PlatformForm, TenantForm
from provisioner.config.wiring import rule_options
from provisioner.errors import InnkeeperError

KINDS = ("tenant", "platform", "policy")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FORMS: dict[str, type[msgspec.Struct]] = {"tenant": TenantForm, "platform": PlatformForm}


class DescribedOption(Protocol):
    """An option of the rules, as far as a schema describes it. ``type``: whole, share or choice."""

    @property
    def type(self) -> str: ...
    @property
    def defaults(self) -> Mapping[str, Any]: ...
    @property
    def unit(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def minimum(self) -> float: ...
    @property
    def maximum(self) -> float: ...
    @property
    def choices(self) -> tuple[str, ...]: ...


def schema(kind: str, options: Mapping[str, DescribedOption] | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``tenant``, ``platform`` or ``policy`` files. ``options``: the rules'."""
    if kind not in KINDS:
        raise InnkeeperError(f"there is no schema for {kind!r}", hint=f"known: {', '.join(KINDS)}")
    policy = _policy(rule_options() if options is None else options)
    if kind == "policy":
        return {"$schema": _DIALECT, "title": "Innkeeper policy"} | policy
    (reference,), definitions = msgspec.json.schema_components((_FORMS[kind],), ref_template="#/$defs/{name}")
    head = {"$schema": _DIALECT, "title": f"Innkeeper {kind}"} | reference
    return head | {"$defs": _with_policy(definitions) | {"Policy": policy}}


def text(kind: str) -> str:
    """Return the schema as the file in ``schemas/`` holds it."""
    return msgspec.json.format(msgspec.json.encode(schema(kind)), indent=2).decode() + "\n"


def _with_policy(definitions: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the forms leave open: the names that ``overrides`` and ``policy`` may hold."""
    wanted = {"$ref": "#/$defs/Policy"}
    if "ConductForm" in definitions:
        definitions["ConductForm"]["properties"]["overrides"] |= wanted
    if "PlatformForm" in definitions:
        members = definitions["PlatformForm"]["properties"]["policy"]["anyOf"]
        members[:] = [wanted if member.get("type") == "object" else member for member in members]
    return definitions


def _policy(options: Mapping[str, DescribedOption]) -> dict[str, Any]:
    """Every option by its dotted name, and the same as nested keys; dots may stop at any depth."""
    leaves = {name: _option(option) for name, option in sorted(options.items())}
    return _level(leaves, "Options of the rules, by name.")


def _level(leaves: dict[str, Any], description: str) -> dict[str, Any]:
    properties = dict(leaves)
    for head in sorted({name.partition(".")[0] for name in leaves if "." in name} - set(leaves)):
        below = {name.partition(".")[2]: leaf for name, leaf in leaves.items() if name.startswith(f"{head}.")}
        properties[head] = _level(below, f"Options that begin with {head}.")
    return {"type": "object", "description": description, "properties": properties, "additionalProperties": False}


def _option(option: DescribedOption) -> dict[str, Any]:
    usual = option.defaults["standard"]
    described = {"description": f"{option.why} (usually {usual} {option.unit})".replace(" )", ")"), "examples": [usual]}
    if option.type == "choice":
        return described | {"enum": list(option.choices)}
    kind = "integer" if option.type == "whole" else "number"
    return described | {"type": kind, "minimum": option.minimum, "maximum": option.maximum}
