"""A Tenant or Platform back to YAML text that reads as the same value; used when a tenant is made or renamed."""

from decimal import Decimal
from typing import Any

import msgspec
import yaml

from provisioner.config.forms import PlatformForm, TenantForm
from provisioner.model.tenant import Platform, Tenant


def dump_tenant(tenant: Tenant) -> str:
    """The shortest file that says the same: what has its default value is left out."""
    sending = {
        "from": tenant.from_address or None,
        "from_name": tenant.from_name or None,
        "mail_from": tenant.mail_from,
        "source_ips": list(tenant.source_ips),
        "restrict_from": tenant.restrict_from,
    }
    return _text(
        {
            "id": tenant.id,
            "name": tenant.name,
            "domain": tenant.domain,
            "contacts": list(tenant.contacts),
            "dns": str(tenant.dns),
            "sending": sending,
            "dmarc": msgspec.structs.asdict(tenant.dmarc),
            "credentials": msgspec.structs.asdict(tenant.credentials),
            "conduct": msgspec.structs.asdict(tenant.conduct),
            "ses_tenant": tenant.ses_tenant,
        },
        TenantForm,
    )


def dump_platform(platform: Platform) -> str:
    """The shortest ``platform.yaml`` that says the same, its policy written out."""
    state = {"bucket": platform.state.bucket} if platform.state.bucket else {"folder": platform.state.folder}
    return _text(
        {
            "region": platform.region,
            "operator": msgspec.structs.asdict(platform.operator),
            "sender": platform.sender,
            "sender_zone": platform.sender_zone,
            "name": platform.name,
            "operators": list(platform.operators),
            "state": state,
            "runtime": platform.runtime,
            "drill": msgspec.structs.asdict(platform.drill),
            "policy": platform.policy,
        },
        PlatformForm,
    )


def _text(values: dict[str, Any], form: type[msgspec.Struct]) -> str:
    return yaml.dump(_without_defaults(values, form), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _without_defaults(values: dict[str, Any], form: type[msgspec.Struct]) -> dict[str, Any]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(form)}
    kept: dict[str, Any] = {}
    for key, given in values.items():
        inner = fields[key].default_factory
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            value = _without_defaults(given, inner)
        else:
            value = given
        if value not in (None, {}, [], fields[key].default):
            kept[key] = value
    return kept


class _Dumper(yaml.SafeDumper):
    """Texts in double quotes, which no YAML reader takes for anything else; keys without."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _quoted(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    plain = text.isascii() and text.replace("_", "").isalpha() and text.lower() not in _YAML_WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _decimal(dumper: _Dumper, value: float) -> yaml.ScalarNode:
    """Without an exponent, which no file of ours may hold."""
    text = f"{Decimal(repr(value)):f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")


_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_Dumper.add_representer(str, _quoted)
_Dumper.add_representer(float, _decimal)
