"""The enforcer as onboarding calls it: after every apply, so that none lifts a suspension."""

from collections.abc import Callable, Sequence

from provisioner.cli.app import App
from provisioner.cli.reach import Reach
from provisioner.conduct.carry_out import carry_out
from provisioner.model.manifest import Manifest


def enforcer(app: App, reach: Reach) -> Callable[[Manifest], Sequence[str]]:
    """Makes AWS match a tenant's standing; what AWS does not show yet, in words."""

    def enforce(manifest: Manifest) -> Sequence[str]:
        done = carry_out(manifest, reach.outside, app.now())
        missing = () if done.enforced is None else done.enforced.enforcement.missing
        return (*missing, *done.errors)

    return enforce
