"""JSON Schemas of the YAML files, for editors; generated from the same forms that the reader checks against."""

from typing import Any

import msgspec

from provisioner.config.forms import PlatformForm, TenantForm
from provisioner.errors import InnkeeperError

KINDS = ("tenant", "platform")
_FORMS: dict[str, type[msgspec.Struct]] = {"tenant": TenantForm, "platform": PlatformForm}
_TITLES = {"tenant": "Innkeeper tenant", "platform": "Innkeeper platform"}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``tenant`` or ``platform`` files. Raises InnkeeperError for another kind."""
    if kind not in _FORMS:
        raise InnkeeperError(f"there is no schema for {kind!r}", hint=f"known: {', '.join(KINDS)}")
    (reference,), definitions = msgspec.json.schema_components((_FORMS[kind],), ref_template="#/$defs/{name}")
    body = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[kind]}
    return body | reference | {"$defs": definitions}


def text(kind: str) -> str:
    """The schema as the file in ``schemas/`` holds it."""
    return msgspec.json.format(msgspec.json.encode(schema(kind)), indent=2).decode() + "\n"
