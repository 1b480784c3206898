"""The manifest of a tenant: what onboarding made, written to ``fleet/<tenant>.json`` after each apply.

Everything that the conduct loop needs to find the tenant's resources, so that no Lambda reads YAML or state.
"""

from datetime import datetime
from typing import Any

import msgspec


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant as the conduct loop knows it."""

    schema: int = 1
    tenant: str
    name: str
    domain: str
    account: str
    region: str
    partition: str = "aws"
    prefix: str
    configuration_set: str
    topic_arn: str
    queue_url: str
    user: str
    secret: str
    ses_tenant: str | None = None  # name of the SES tenant; None: the tenant has none
    ses_tenant_arn: str | None = None
    contacts: tuple[str, ...]
    from_address: str
    from_name: str
    profile: str = "standard"
    overrides: dict[str, Any] = {}
    operator: str  # the operator's address
    notices_from: str  # the platform's sender
    fingerprint: str = ""  # of the rendered root that was applied last; equal: nothing to apply
    refreshed: str = ""  # day (yyyy-mm-dd) on which Terraform last compared the tenant with AWS


class Offboarded(msgspec.Struct, frozen=True, kw_only=True):
    """``offboarded/<tenant>.json``: who was a tenant and when its resources went, so that nobody takes its place."""

    schema: int = 1
    at: datetime
    manifest: Manifest
