"""The Jinja2 environment of the Terraform roots: compiled once, strict about names."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from provisioner.render.hcl import hcl


@cache
def template(name: str) -> Template:
    """A compiled template of ``provisioner/render/templates``."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - this makes HCL, not HTML; the hcl filter escapes
        loader=PackageLoader("provisioner.render"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["hcl"] = hcl
    return environment
