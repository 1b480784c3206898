"""The YAML files as their authors see them: keys, types, limits and descriptions, once.

The reader takes its checks from these structs and the published JSON Schemas are generated from them.
What a form cannot say (a domain must exist, an address must be on it) is in ``tenant.py`` and ``platform.py``.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from provisioner.config.problem import Code
from provisioner.model.tenant import Dns

TENANT_ID = r"^[a-z][a-z0-9-]{1,30}$"
PREFIX = r"^[a-z][a-z0-9-]{0,15}$"
LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
FOLDER = r"^[A-Za-z0-9._/ -]{1,200}$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
RUNTIME = r"^python3\.[0-9]{2}$"

ROLE = r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{0,512}[A-Za-z0-9_+=,.@-]$"
OPERATOR = r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]{0,512}[A-Za-z0-9_+=,.@-]$"

POLICY_FILE = r"^policies/[A-Za-z0-9_-]{1,64}\.yaml$"

# What to say when a value does not fit its pattern: code, message, hint.
FORMATS = {
    TENANT_ID: (Code.TENANT_ID, "must be 2 to 31 of a-z, 0-9 and -, starting with a letter", "such as bakery"),
    PREFIX: (Code.NAME, "must be 1 to 16 of a-z, 0-9 and -, starting with a letter", "such as innkeeper"),
    LABEL: (
        Code.MAIL_FROM,
        "must be one label of a domain name: a-z, 0-9 and -",
        "only the first part, such as bounce",
    ),
    BUCKET: (Code.NAME, "must be the name of an S3 bucket: a-z, 0-9, dots and -", "without s3://"),
    FOLDER: (Code.NAME, "must be a folder name of letters, digits, spaces and . _ - /", "such as .innkeeper/state"),
    RUNTIME: (Code.CHOICE, "must name a Python runtime of AWS Lambda", "such as python3.13"),
    ROLE: (Code.ARN, "must be the ARN of an IAM role, in full", "such as arn:aws:iam::123456789012:role/bakery-site"),
    OPERATOR: (
        Code.ARN,
        "must be the ARN of an IAM role or user, in full",
        "such as arn:aws:iam::123456789012:role/innkeeper-operator",
    ),
    POLICY_FILE: (Code.POLICY_FILE, "must be options by name, or a file in policies/", "such as policies/house.yaml"),
}

Domain = Annotated[str, Meta(max_length=253, examples=["bakery.example"])]
Address = Annotated[str, Meta(max_length=254, examples=["anna@mail.example"])]
Line = Annotated[str, Meta(min_length=1, max_length=100)]


class SendingForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """How the site's mail looks and where it may come from."""

    from_: (
        Annotated[str, Meta(max_length=254, description="Address the site writes from; default wordpress@<domain>.")]
        | UnsetType
    ) = UNSET
    from_name: Annotated[Line, Meta(description="Name shown beside that address; default: the tenant's name.")] | (
        UnsetType
    ) = UNSET
    mail_from: Annotated[
        str,
        Meta(pattern=LABEL, description="Label below the domain that bounces return to; used for nothing else."),
    ] = "bounce"
    source_ips: Annotated[
        list[Annotated[str, Meta(examples=["192.0.2.10"])]],
        Meta(max_length=20, description="Public addresses of the web server; no other machine may send. Empty: any."),
    ] = []
    restrict_from: Annotated[
        bool, Meta(description="true: the site may write from exactly the address in `from` and from no other.")
    ] = False


class DmarcForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What other mail servers should do with mail that pretends to come from the domain."""

    policy: Annotated[
        Literal["none", "quarantine", "reject"],
        Meta(description="none: only report. quarantine: to the spam folder. reject: refuse."),
    ] = "none"
    percent: Annotated[int, Meta(ge=0, le=100, description="Share of the mail the policy is applied to.")] = 100
    reports: Annotated[Address, Meta(description="Address that receives the daily reports of mail servers.")] | (
        UnsetType
    ) = UNSET


class CredentialsForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who may read the site's SMTP password, and whether it changes by itself."""

    reader_role: Annotated[
        str,
        Meta(
            pattern=ROLE,
            max_length=600,
            description="IAM role of the site's host, which may read the password; it must exist already.",
            examples=["arn:aws:iam::123456789012:role/bakery-site"],
        ),
    ] | UnsetType = UNSET
    rotate_every_days: Annotated[
        int,
        Meta(ge=14, le=1000, description="Let AWS change the password; only for sites that read it by themselves."),
    ] | UnsetType = UNSET


class ConductForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which rules the tenant is judged by."""

    profile: Annotated[
        Literal["friendly", "standard", "strict"], Meta(description="Set of thresholds; see the rule catalogue.")
    ] = "standard"
    overrides: Annotated[
        dict[str, Any], Meta(description="This tenant's own numbers, by option name, on top of the profile.")
    ] = {}


class TenantForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One hosted site and its e-mail domain (tenants/<id>.yaml)."""

    id: Annotated[
        str,
        Meta(pattern=TENANT_ID, description="Short name, the same as the file's; never changes.", examples=["bakery"]),
    ]
    name: Annotated[Line, Meta(description="Name of the site, as people know it.", examples=["Bakery Müller"])]
    domain: Annotated[Domain, Meta(description="Domain the site sends mail from.")]
    contacts: Annotated[
        list[Address],
        Meta(
            min_length=1,
            max_length=10,
            description="Who is told when something is wrong; at least one outside the tenant's own domain.",
        ),
    ]
    dns: Annotated[
        Dns, Meta(description="route53: we keep the domain's DNS zone. external: the owner enters our records.")
    ] = Dns.ROUTE53
    sending: Annotated[SendingForm, Meta(description=SendingForm.__doc__)] = msgspec.field(default_factory=SendingForm)
    dmarc: Annotated[DmarcForm, Meta(description=DmarcForm.__doc__)] = msgspec.field(default_factory=DmarcForm)
    credentials: Annotated[CredentialsForm, Meta(description=CredentialsForm.__doc__)] = msgspec.field(
        default_factory=CredentialsForm
    )
    conduct: Annotated[ConductForm, Meta(description=ConductForm.__doc__)] = msgspec.field(default_factory=ConductForm)
    ses_tenant: Annotated[
        bool, Meta(description="true: reputation and block list of its own at Amazon SES (costs a little a month).")
    ] = True


class OperatorForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The person who runs the platform."""

    name: Annotated[Line, Meta(description="Name, as it signs notices.")]
    email: Annotated[Address, Meta(description="Address that is told about everything that needs a person.")]


class StateForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where Terraform remembers what it made. A bucket for real use, a folder for trying out; not both."""

    bucket: Annotated[str, Meta(pattern=BUCKET, description="S3 bucket that exists already.")] | UnsetType = UNSET
    folder: Annotated[str, Meta(pattern=FOLDER, description="Folder below this one.")] | UnsetType = UNSET


class DrillForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The monthly proof, on the live account, that a bounce becomes a block that holds."""

    monthly: Annotated[bool, Meta(description="false: only when you type innkeeper drill.")] = True
    tenant: (
        Annotated[str, Meta(pattern=TENANT_ID, description="Always this one; default: another one each month.")]
        | UnsetType
    ) = UNSET


class PlatformForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything the tenants share (platform.yaml)."""

    region: Annotated[str, Meta(max_length=32, description="AWS Region with SES SMTP.", examples=["eu-central-1"])]
    operator: Annotated[OperatorForm, Meta(description=OperatorForm.__doc__)]
    sender: Annotated[
        Address, Meta(description="Address that notices and reports come from; on a domain no tenant uses.")
    ]
    sender_zone: Annotated[
        bool, Meta(description="true: the sender's domain has a Route 53 zone here; write the records into it.")
    ] = False
    name: Annotated[str, Meta(pattern=PREFIX, description="First part of every name in AWS; never changes.")] = (
        "innkeeper"
    )
    operators: Annotated[
        list[Annotated[str, Meta(pattern=OPERATOR, max_length=600)]],
        Meta(
            max_length=20,
            description="IAM roles and users that run Innkeeper. Where named, nobody else reads the sites' passwords.",
        ),
    ] = []
    state: Annotated[StateForm, Meta(description=StateForm.__doc__)] = msgspec.field(default_factory=StateForm)
    runtime: Annotated[str, Meta(pattern=RUNTIME, description="Python of the Lambda functions.")] = "python3.13"
    drill: Annotated[DrillForm, Meta(description=DrillForm.__doc__)] = msgspec.field(default_factory=DrillForm)
    policy: Annotated[
        dict[str, Any] | Annotated[str, Meta(pattern=POLICY_FILE)],
        Meta(description="Numbers for all tenants: options by name, or a file such as policies/house.yaml."),
    ] = {}
