"""``imports.tf``: resources that exist already and are taken over by the next apply."""

import re
from collections.abc import Sequence

from provisioner.errors import InnkeeperError
from provisioner.render.templating import template

_ADDRESS = re.compile(r'module\.[a-z_]+\.[a-z0-9_]+\.[a-z_]+(\["[a-z0-9-]+"\])?')


def render_imports(imports: Sequence[tuple[str, str]]) -> str:
    """One import block per (address, id), in the order of addresses."""
    for address, _ in imports:
        if not _ADDRESS.fullmatch(address):
            raise InnkeeperError(f"{address!r} is not the address of one of our resources")
    return template("imports.tf.j2").render(imports=sorted(imports))
