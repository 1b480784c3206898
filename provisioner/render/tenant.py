"""A tenant as the files of its Terraform root."""

import json
from typing import Any

import msgspec

from provisioner.model.names import Place, PlatformNames, TenantNames
from provisioner.model.tenant import Platform, Tenant
from provisioner.render.backend import Backend, render_backend
from provisioner.render.templating import template

OUTPUTS = (
    ("dkim_tokens", "The three DKIM tokens that SES made for the domain."),
    ("name_servers", "Name servers to enter at the domain's registrar; empty when DNS is kept elsewhere."),
    ("queue_url", "Address of the queue that holds the tenant's feedback."),
    ("records", "DNS records the domain needs."),
    ("zone_id", "Id of the domain's hosted zone; null when DNS is kept elsewhere."),
)


class TenantOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is neither the tenant's nor the platform's: how this installation makes tenants.

    ``module_hash`` names the state of the module's code, so that a new version reaches unchanged tenants.
    ``has_password``: the secret holds one, so a tenant that asks for it can be rotated by itself.
    """

    module_source: str = "./module"
    module_hash: str = ""
    dkim_signing_zone: str = "dkim.amazonses.com"
    secret_recovery_days: int = 30
    sentinel: bool = True
    require_tls: bool = False
    has_password: bool = False


def render_tenant(
    tenant: Tenant, platform: Platform, place: Place, *, backend: Backend, options: TenantOptions | None = None
) -> dict[str, str]:
    """File name to text; same input, same bytes. Everything the tenant typed is in ``terraform.tfvars.json``."""
    options = options or TenantOptions()
    names = PlatformNames(platform.name, place).tenant(tenant.id)
    context = {"module_source": options.module_source, "module_hash": options.module_hash, "outputs": OUTPUTS}
    return {
        "backend.tf": render_backend(backend),
        "main.tf": template("tenant/main.tf.j2").render(context),
        "provider.tf": template("provider.tf.j2").render(),
        "terraform.tfvars.json": as_tfvars(
            place,
            {"innkeeper:platform": platform.name, "innkeeper:tenant": tenant.id},
            {"tenant": _inputs(tenant, platform, names, options)},
        ),
    }


def render_empty(tenant_id: str, prefix: str, place: Place, *, backend: Backend) -> dict[str, str]:
    """A tenant's root that holds nothing: planning it destroys what is in the state. Needs no file of the tenant."""
    tags = {"innkeeper:platform": prefix, "innkeeper:tenant": tenant_id}
    return {
        "backend.tf": render_backend(backend),
        "provider.tf": template("provider.tf.j2").render(),
        "terraform.tfvars.json": as_tfvars(place, tags, {}),
    }


def as_tfvars(place: Place, tags: dict[str, str], values: dict[str, Any]) -> str:
    """JSON in which, unlike in HCL, every string is literal."""
    common = {"account": place.account, "partition": place.partition, "region": place.region, "tags": tags}
    return json.dumps({**common, **values}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _inputs(tenant: Tenant, platform: Platform, names: TenantNames, options: TenantOptions) -> dict[str, Any]:
    shared = names.platform
    return {
        "boundary_arn": shared.boundary_arn,
        "dead_letter_queue_arn": shared.dead_letters_arn,
        "dkim_signing_zone": options.dkim_signing_zone,
        "dmarc": {
            "policy": tenant.dmarc.policy,
            "percent": tenant.dmarc.percent,
            "reports": tenant.dmarc.reports,
        },
        "dns": tenant.dns.value,
        "domain": tenant.domain,
        "mail_from_domain": tenant.mail_from_domain,
        "names": {
            "configuration_set": names.configuration_set,
            "event_destination": names.event_destination,
            "queue": names.queue,
            "secret": names.secret,
            "topic": names.topic,
            "user": names.user,
            "user_path": names.user_path,
            "zone_comment": names.zone_comment,
        },
        "only_from_address": tenant.sender if tenant.restrict_from else None,
        "readers": {
            "role": tenant.credentials.reader_role,
            "only": _readers(platform, shared),
        },
        "rotation": _rotation(tenant, shared) if options.has_password else None,
        "secret_recovery_days": options.secret_recovery_days,
        "sentinel_function_arn": shared.function_arn("sentinel") if options.sentinel else None,
        "source_ips": list(tenant.source_ips),
        "tls_policy": "REQUIRE" if options.require_tls else "OPTIONAL",
    }


def _readers(platform: Platform, names: PlatformNames) -> list[str]:
    """Nobody but these; none where the platform names no operators. The drill mails as the site does."""
    functions = ("drill", "rotate") if platform.drill.monthly else ("rotate",)
    return [*platform.operators, *map(names.function_role_arn, functions)] if platform.operators else []


def _rotation(tenant: Tenant, names: PlatformNames) -> dict[str, Any] | None:
    days = tenant.credentials.rotate_every_days
    return {"every_days": days, "function_arn": names.function_arn("rotate")} if days else None
