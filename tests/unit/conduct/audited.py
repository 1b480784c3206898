"""What tests of an audit share: feedback that condemns, and one run."""

from fakes import World, ticking
from ses_events import NOW, bounce

from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing


def collected(world, *, at=NOW):
    assert not collect_all(list(world.manifests), world.outside, Drain(clock=ticking(at), threads=1), fast=False).failed


def condemn(world, tenant, *, at=NOW):
    """Sixteen bounces at sixteen providers: enough for a suspension by the standard policy."""
    world.publish(tenant, *(bounce(world.manifests[tenant], f"guest{n}@mail{n}.test", at) for n in range(16)))


def run(world, *, at=NOW, tenants=None, **settings):
    return audit(tenants or list(world.manifests), world.outside, at, Settings(workers=1, **settings))


def standing(world, tenant="bakery"):
    return read_standing(world.archive, tenant)[0]


def fleet(count):
    return World(*(f"site{n:03d}" for n in range(count)))
