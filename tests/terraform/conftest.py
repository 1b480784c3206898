"""Real Terraform and the real AWS provider on one sandbox: a platform and two tenants, applied side by side once.

The applies are mostly the provider's own waits (zone 15 s, record 15 s, queue 25 s, lifecycle 55 s), so they start
before the first test that needs them and run while other tests do.
"""

import os
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from provisioner.assets import asset
from provisioner.aws.clients import Clients
from provisioner.aws.existing import AwsFinder
from provisioner.model.names import Place, PlatformNames
from provisioner.model.tenant import Credentials, Operator, Platform, Tenant
from provisioner.onboarding.adopt import adopt
from provisioner.render import (
    Backend,
    LocalBackend,
    PlatformOptions,
    S3Backend,
    TenantOptions,
    render_imports,
    render_platform,
    render_tenant,
)
from provisioner.sandbox.sandbox import Sandbox
from provisioner.terraform.problems import StateLockedError
from provisioner.terraform.progress import Progress
from provisioner.tf import Installation, Terraform, TerraformError, find_installation

PLATFORM = Platform(
    region="eu-central-1",
    operator=Operator(name="Olga", email="olga@hosting.example"),
    sender="notices@hosting.example",
    operators=("arn:aws:iam::123456789012:user/olga",),
)
BAKERY = Tenant(id="bakery", name="Bakery ${x}", domain="bakery.example", contacts=("anna@mail.example",))
FLORIST = Tenant(id="florist", name="Florist", domain="florist.example", contacts=("flo@mail.example",))
STATE_BUCKET = "states-of-tenants"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.terraform)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return find_installation(cache=tmp_path_factory.mktemp("terraform-cache"))


@dataclass
class Converged:
    """What became of the tenant whose first run was killed."""

    root: Terraform
    locked: StateLockedError
    taken: list[tuple[str, str]]
    plan_after: dict[str, Any]


class World:
    """The sandbox, the roots, and what was heard while applying."""

    def __init__(self, aws: Sandbox, folder: Path, installation: Installation) -> None:
        self.aws = aws
        self.folder = folder
        self.installation = installation
        self.place = Place(aws.account, aws.region)
        self.names = PlatformNames(PLATFORM.name, self.place)
        self.heard: dict[str, list[tuple[float, Progress]]] = {}
        role = f"arn:aws:iam::{aws.account}:role/bakery-site"
        self.credentials = Credentials(reader_role=role, rotate_every_days=90)  # of the bakery
        self._package = folder / "functions.zip"
        with zipfile.ZipFile(self._package, "w") as package:
            package.writestr("lambdas/__init__.py", "")
        self._pool = ThreadPoolExecutor(3)
        self.platform_applied: Future[Terraform] = self._pool.submit(self._apply_platform)
        self.bakery_applied: Future[Terraform] = self._pool.submit(self._apply_bakery)
        self.florist_converged: Future[Converged] = self._pool.submit(self._kill_and_converge)

    def client(self, service: str) -> Any:
        return self.aws.client(service)

    def clients(self) -> Clients:
        return Clients(self.aws.session(), region=self.aws.region, pacer=None)

    def root(self, name: str, kind: str, **options: Any) -> Terraform:
        heard = self.heard.setdefault(name, [])
        return Terraform(
            self.folder / name,
            self.installation,
            env={**os.environ, **self.aws.environment()},
            module=asset("terraform") / "modules" / kind,
            on_progress=lambda progress: heard.append((time.monotonic(), progress)),
            **options,
        )

    def files(self, tenant: Tenant, platform: Platform = PLATFORM, backend: Backend | None = None, **options: Any):
        if tenant.id == BAKERY.id:
            tenant = msgspec.structs.replace(tenant, credentials=self.credentials)
        return render_tenant(
            tenant, platform, self.place, backend=backend or LocalBackend(), options=TenantOptions(**options)
        )

    def _apply_platform(self) -> Terraform:
        root = self.root("platform", "platform")
        options = PlatformOptions(package=str(self._package), bucket_tls_only=False)
        root.write(render_platform(PLATFORM, self.place, backend=LocalBackend(), options=options))
        root.plan()
        root.apply()
        return root

    def _wait_for_dead_letters(self) -> None:
        """SQS refuses a redrive policy to a queue that is not there."""
        sqs = self.client("sqs")
        for _ in range(120):
            if self.platform_applied.done():
                self.platform_applied.result()
                return
            if sqs.list_queues(QueueNamePrefix=self.names.dead_letters).get("QueueUrls"):
                return
            time.sleep(0.5)
        raise TimeoutError("no dead-letter queue after a minute")

    def _apply_bakery(self) -> Terraform:
        root = self.root("bakery", "tenant")
        root.write(self.files(BAKERY))
        self._wait_for_dead_letters()
        root.plan()
        root.apply()
        return root

    def _kill_and_converge(self) -> "Converged":
        """E3: kill -9 while the queue and the zone are made, then what a person and the next run do."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=STATE_BUCKET, CreateBucketConfiguration={"LocationConstraint": self.aws.region})
        files = self.files(FLORIST, backend=self.florist_backend)
        root = self.root("florist", "tenant", lock_timeout_s=0)
        root.write(files)
        self._wait_for_dead_letters()
        root.plan()
        killer = threading.Thread(target=self._kill_when_queue_exists, args=(root,))
        killer.start()
        with pytest.raises(TerraformError):
            root.apply()
        killer.join()
        with pytest.raises(StateLockedError) as locked:
            root.plan()
        s3.delete_object(Bucket=STATE_BUCKET, Key="state/florist.tfstate.tflock")  # as terraform force-unlock does
        names = self.names.tenant("florist")
        taken = adopt(FLORIST, names, AwsFinder(self.clients()), root.state_list())
        root.write({**files, "imports.tf": render_imports(taken)})
        root.plan()
        root.apply()
        root.write(files)
        return Converged(root, locked.value, taken, root.plan())

    @property
    def florist_backend(self) -> S3Backend:
        return S3Backend(STATE_BUCKET, "state/florist.tfstate", self.aws.region)

    def spans(self, name: str) -> dict[str, tuple[float, float]]:
        """When each resource of a root was begun and done, the first time."""
        begun: dict[str, float] = {}
        spans: dict[str, tuple[float, float]] = {}
        for at, progress in self.heard[name]:
            if progress.kind == "started":
                begun.setdefault(progress.address, at)
            elif progress.kind == "done":
                spans.setdefault(progress.address, (begun[progress.address], at))
        return spans

    def _kill_when_queue_exists(self, root: Terraform) -> None:
        sqs, route53 = self.client("sqs"), self.client("route53")
        for _ in range(240):
            queues = sqs.list_queues(QueueNamePrefix=self.names.tenant("florist").queue).get("QueueUrls")
            zones = [zone["Name"] for zone in route53.list_hosted_zones()["HostedZones"]]
            if queues and "florist.example." in zones:
                time.sleep(1)
                running = root._processes._running
                assert running is not None
                os.killpg(running.pid, signal.SIGKILL)  # the provider as well
                return
            time.sleep(0.25)
        raise TimeoutError("the florist's queue never came")


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory, installation: Installation) -> Iterator[World]:
    with Sandbox(smtp=False) as aws:
        made = World(aws, tmp_path_factory.mktemp("roots"), installation)
        yield made
        made._pool.shutdown()


@pytest.fixture(scope="session", autouse=True)
def _start_early(request: pytest.FixtureRequest) -> None:
    """The slow part starts before the first test, if any selected test needs it.

    Not in a worker of several: each of them knows all tests, so each would apply a world, and one needs it.
    """
    alone = not hasattr(request.config, "workerinput")
    if alone and any("world" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("_world")


@pytest.fixture
def world(_world: World) -> World:
    return _world


@pytest.fixture
def bakery(world: World) -> Terraform:
    """The tenant's root, applied, with the files of the plain tenant."""
    root = world.bakery_applied.result(timeout=300)
    root.write(world.files(BAKERY))
    return root
