"""YAML text to Tenant, Platform and policy, or to a list of located problems."""

from provisioner.config.files import (
    Loaded,
    config_error,
    load_fleet,
    load_platform,
    load_policy_file,
    load_tenants,
)
from provisioner.config.fleet import Fleet
from provisioner.config.problem import Code, Problem

__all__ = [
    "Code",
    "Fleet",
    "Loaded",
    "Problem",
    "config_error",
    "load_fleet",
    "load_platform",
    "load_policy_file",
    "load_tenants",
]
