"""An id or a domain whose tenant was terminated and offboarded is not simply used again (D20)."""

from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.manifest import Offboarded
from provisioner.model.tenant import Tenant


class UsedBeforeError(InnkeeperError):
    """The id or the domain belonged to a tenant that was terminated and offboarded."""

    exit_code = int(Exit.REFUSED)


def refuse_used_before(tenant: Tenant, gone: Offboarded | None) -> None:
    """Else whoever was terminated begins again under the old name, or the old domain under a new one."""
    if gone is None:
        return
    who = gone.manifest
    what = f"the id {tenant.id}" if who.tenant == tenant.id else f"the domain {tenant.domain}"
    raise UsedBeforeError(
        f"{what} belonged to {who.tenant}, which was terminated and offboarded on {gone.at:%Y-%m-%d}",
        hint="if you know better, repeat with --adopt offboarded; a terminated id stays closed until 'reinstate'",
    )
