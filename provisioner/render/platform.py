"""The platform as the files of its Terraform root."""

from typing import Any

import msgspec

from provisioner.model.names import Place, PlatformNames
from provisioner.model.tenant import Platform
from provisioner.render.backend import Backend, render_backend
from provisioner.render.templating import template
from provisioner.render.tenant import as_tfvars

FUNCTIONS = ("audit", "collect", "drill", "rotate", "sentinel")
MACHINES = ("audit", "collect")  # functions that go over all tenants, batch by batch
OUTPUTS = (
    ("bucket", "Name of the bucket that holds feedback, standings, verdicts and reports."),
    ("dead_letter_queue_url", "Address of the dead-letter queue."),
    ("function_arns", "ARNs of the Lambda functions, by what they do."),
    ("operator_topic_arn", "ARN of the topic that tells the operator of trouble."),
    ("records", "DNS records the sender's domain needs."),
)


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Days that things are kept in the bucket and the logs."""

    feedback_days: int = 400
    logs_days: int = 90
    noncurrent_days: int = 90
    quarantine_days: int = 400


class PlatformOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How this installation makes its platform. ``package`` is the zip file with the functions' code."""

    package: str
    module_source: str = "./module"
    module_hash: str = ""
    dkim_signing_zone: str = "dkim.amazonses.com"
    create_sender_identity: bool = True
    bucket_tls_only: bool = True
    environment: dict[str, str] = {}
    retention: Retention = Retention()


def render_platform(
    platform: Platform, place: Place, *, backend: Backend, options: PlatformOptions
) -> dict[str, str]:
    """File name to text; same input, same bytes."""
    names = PlatformNames(platform.name, place)
    context = {"module_source": options.module_source, "module_hash": options.module_hash, "outputs": OUTPUTS}
    return {
        "backend.tf": render_backend(backend),
        "main.tf": template("platform/main.tf.j2").render(context),
        "provider.tf": template("provider.tf.j2").render(),
        "terraform.tfvars.json": as_tfvars(
            place, {"innkeeper:platform": platform.name}, {"platform": _inputs(platform, names, options)}
        ),
    }


def _inputs(platform: Platform, names: PlatformNames, options: PlatformOptions) -> dict[str, Any]:
    return {
        "bucket_tls_only": options.bucket_tls_only,
        "drill": msgspec.structs.asdict(platform.drill),
        "environment": options.environment,
        "names": {
            "boundary": names.boundary,
            "bucket": names.bucket,
            "configuration_set": names.configuration_set,
            "dead_letters": names.dead_letters,
            "functions": {name: names.function(name) for name in FUNCTIONS},
            "machine_roles": {name: names.machine_role(name) for name in MACHINES},
            "machines": {name: names.machine(name) for name in MACHINES},
            "notices_queue": names.notices_queue,
            "notices_topic": names.notices_topic,
            "operator_topic": names.operator_topic,
            "schedule_group": names.schedule_group,
            "scheduler_role": names.scheduler_role,
            "suspended_policy": names.suspended_policy,
        },
        "operator_email": platform.operator.email,
        "package": options.package,
        "prefix": platform.name,
        "retention": msgspec.structs.asdict(options.retention),
        "runtime": platform.runtime,
        "sender": {
            "address": platform.sender,
            "create_identity": options.create_sender_identity,
            "dkim_signing_zone": options.dkim_signing_zone,
            "zone": platform.sender_domain if platform.sender_zone else None,
        },
    }
