"""The outside world in memory, as strict as AWS where our code relies on it. Contract tests hold it to that."""

import bisect
import hashlib
import itertools
import pickle
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from ses_events import NOW, envelope

from provisioner.conduct.documents import write_manifest
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.names import Place, PlatformNames
from provisioner.ports import AccountRates, AccountState, Conflict, Message, SendingState, Stored

HEALTHY = AccountState(sending_enabled=True, production=True, enforcement="HEALTHY")


class FakeArchive:
    def __init__(self):
        self.objects = {}
        self._order = []
        self.versions = defaultdict(list)

    def put_new(self, key, body):
        if key in self.objects:
            if self.objects[key] == body:
                return False
            raise Conflict(key)
        self._store(key, body)
        return True

    def put_if(self, key, body, etag):
        present = self.objects.get(key)
        if etag != (None if present is None else _etag(present)):
            raise Conflict(key)
        self._store(key, body)
        return _etag(body)

    def _store(self, key, body):
        if key not in self.objects:
            bisect.insort(self._order, key)
        self.objects[key] = body
        self.versions[key].append(body)

    def get(self, key):
        body = self.objects.get(key)
        return None if body is None else Stored(body, _etag(body))

    def keys(self, prefix, after=""):
        order = self._order
        first = max(bisect.bisect_left(order, prefix), bisect.bisect_right(order, after))
        yield from itertools.takewhile(lambda key: key.startswith(prefix), order[first:])

    def tags(self, prefix, after=""):
        return ((key, _etag(self.objects[key])) for key in self.keys(prefix, after))

    def plant(self, key, body):
        """Whatever the object was: a fault from outside, or a backup put back."""
        self._store(key, body)

    def lose(self, key):
        del self.objects[key]
        self._order.remove(key)


class FakeVersions:
    """Old versions of a FakeArchive, which appends: a version's id is its place."""

    def __init__(self, archive):
        self.archive = archive
        self.removed = set()

    def old(self, prefix):
        for key, bodies in sorted(self.archive.versions.items()):
            last = len(bodies) - (key in self.archive.objects)
            for number in range(last if key.startswith(prefix) else 0):
                if (key, str(number)) not in self.removed:
                    yield key, str(number)

    def read(self, key, version):
        return None if (key, version) in self.removed else self.archive.versions[key][int(version)]

    def remove(self, key, version):
        self.removed.add((key, version))


def _etag(body):
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


@dataclass
class FakeQueue:
    """Messages come again until deleted with their latest receipt; ``expire`` ends all visibility time-outs."""

    waiting: dict = field(default_factory=dict)
    hidden: dict = field(default_factory=dict)
    receives: int = 0
    silent: int = 0  # so many receives answer nothing although messages wait
    undeletable: set = field(default_factory=set)

    def send(self, body, sent=NOW, name=None):
        name = name or f"m{len(self.waiting) + len(self.hidden):05d}-{_etag(body)[1:9]}"
        self.waiting[name] = (body, sent)

    def receive(self):
        self.receives += 1
        if self.silent:
            self.silent -= 1
            return []
        names = list(self.waiting)[:10]
        found = []
        for name in names:
            body, sent = self.waiting.pop(name)
            receipt = f"{name}/{self.receives}"
            self.hidden[name] = (body, sent, receipt)
            found.append(Message(name, receipt, body, sent))
        return found

    def delete(self, messages):
        failed = []
        for message in messages:
            held = self.hidden.get(message.id)
            if message.id in self.undeletable or (held and held[2] != message.receipt):
                failed.append(message)
            elif held:
                del self.hidden[message.id]
        return failed

    def depth(self):
        return len(self.waiting)

    def expire(self):
        for name, (body, sent, _) in self.hidden.items():
            self.waiting[name] = (body, sent)
        self.hidden.clear()


@dataclass
class Switches:
    set_enabled: bool = True
    denied: bool = False
    keys: dict = field(default_factory=lambda: {"AKIA1": True})
    tenant_enabled: bool = True
    aws_paused: bool = False

    @property
    def open(self):
        return self.set_enabled and not self.denied and any(self.keys.values()) and self.tenant_enabled

    @property
    def shut(self):
        return not self.set_enabled and self.denied and not any(self.keys.values()) and not self.tenant_enabled


@dataclass
class FakeLevers:
    tenants: dict = field(default_factory=lambda: defaultdict(Switches))
    refused: set = field(default_factory=set)  # names of methods that answer AccessDenied
    slow: int = 0  # so many reads still show the state before the last change
    reads: int = 0
    _stale: dict = field(default_factory=dict)

    def read(self, tenant):
        self.reads += 1
        now = self._state(tenant)
        if self.slow and tenant.tenant in self._stale:
            self.slow -= 1
            return self._stale[tenant.tenant]
        self._stale.pop(tenant.tenant, None)
        return now

    def _state(self, tenant):
        s = self.tenants[tenant.tenant]
        return SendingState(
            set_enabled=s.set_enabled,
            denied=s.denied,
            active_keys=tuple(sorted(k for k, on in s.keys.items() if on)),
            inactive_keys=tuple(sorted(k for k, on in s.keys.items() if not on)),
            tenant_enabled=s.tenant_enabled if tenant.ses_tenant_arn else None,
            aws_paused=s.aws_paused,
        )

    def _change(self, tenant, method):
        if method in self.refused:
            raise InnkeeperError(f"AWS refused {method} (AccessDenied)", hint="give the role the permission")
        if self.slow:
            self._stale.setdefault(tenant.tenant, self._state(tenant))
        return self.tenants[tenant.tenant]

    def set_sending(self, tenant, *, enabled):
        self._change(tenant, "set_sending").set_enabled = enabled

    def set_denied(self, tenant, *, denied):
        self._change(tenant, "set_denied").denied = denied

    def set_key(self, tenant, key, *, active):
        self._change(tenant, "set_key").keys[key] = active

    def set_tenant(self, tenant, *, enabled):
        if tenant.ses_tenant_arn:
            self._change(tenant, "set_tenant").tenant_enabled = enabled


@dataclass
class FakeBlocklist:
    lists: dict = field(default_factory=lambda: defaultdict(set))
    shards: dict = field(default_factory=lambda: defaultdict(dict))
    writes: list = field(default_factory=list)

    def suppressed(self, tenant):
        return frozenset(self.lists[tenant.tenant]) if tenant.ses_tenant else frozenset()

    def suppress(self, tenant, recipient):
        if tenant.ses_tenant:
            self.writes.append(("suppress", tenant.tenant, recipient))
            self.lists[tenant.tenant].add(recipient)

    def unsuppress(self, tenant, recipient):
        self.writes.append(("unsuppress", tenant.tenant, recipient))
        self.lists[tenant.tenant].discard(recipient)

    def denied(self, tenant):
        return dict(self.shards[tenant.tenant])

    def write_shard(self, tenant, shard, recipients):
        self.writes.append(("shard", tenant.tenant, shard))
        if recipients:
            self.shards[tenant.tenant][shard] = tuple(recipients)
        else:
            self.shards[tenant.tenant].pop(shard, None)


@dataclass
class FakeMailer:
    sent: list = field(default_factory=list)
    down: bool = False

    def send(self, mail):
        if self.down:
            raise InnkeeperError("AWS refused SendEmail (503)", hint="later")
        self.sent.append(mail)
        return f"ses-{len(self.sent)}"


@dataclass
class FakeAccount:
    state: AccountState = HEALTHY
    measured: AccountRates = AccountRates()  # noqa: RUF009 - frozen

    def read(self):
        return self.state

    def rates(self, now):
        return self.measured


@dataclass
class FakeReputation:
    views: dict = field(default_factory=dict)  # ARN -> AwsView
    reads: int = 0
    down: bool = False

    def read(self, arns):
        return {arn: view for arn, view in self.everything().items() if arn in arns}

    def everything(self):
        self.reads += 1
        if self.down:
            raise InnkeeperError("AWS refused ListReputationEntities (503)", hint="later")
        return dict(self.views)


@dataclass
class FakeOperator:
    told: list = field(default_factory=list)

    def tell(self, subject, text):
        self.told.append((subject, text))


def manifest(tenant="bakery", **more):
    names = PlatformNames("inn", Place("123456789012", "eu-central-1")).tenant(tenant)
    values = {
        "tenant": tenant,
        "name": tenant.title(),
        "domain": f"{tenant}.example",
        "account": "123456789012",
        "region": "eu-central-1",
        "prefix": "inn",
        "configuration_set": names.configuration_set,
        "topic_arn": names.topic_arn,
        "queue_url": f"https://sqs.example/{names.queue}",
        "user": names.user,
        "secret": names.secret,
        "ses_tenant": names.ses_tenant,
        "ses_tenant_arn": f"arn:aws:ses:eu-central-1:123456789012:tenant/{names.ses_tenant}/tn-1",
        "contacts": (f"owner@{tenant}.test",),
        "from_address": f"wordpress@{tenant}.example",
        "from_name": tenant.title(),
        "operator": "operator@host.example",
        "notices_from": "notices@innkeeper.example",
    }
    return Manifest(**{**values, **more})


class World:
    """All fakes together. ``outside`` is what a use case gets; pass a wrapper to make every port fail on purpose."""

    def __init__(self, *tenants):
        self.archive = FakeArchive()
        self.queues = defaultdict(FakeQueue)
        self.dead_letters = FakeQueue()
        self.notices = FakeQueue()
        self.levers = FakeLevers()
        self.blocklist = FakeBlocklist()
        self.mailer = FakeMailer()
        self.account = FakeAccount()
        self.reputation = FakeReputation()
        self.operator = FakeOperator()
        self.manifests = {}
        for tenant in tenants or ("bakery",):
            self.add(tenant)

    def add(self, tenant, **more):
        self.manifests[tenant] = manifest(tenant, **more)
        write_manifest(self.archive, self.manifests[tenant])
        return self.manifests[tenant]

    @property
    def outside(self):
        return self.through(lambda port: port)

    def through(self, wrap):
        return Outside(
            archive=wrap(self.archive),
            queue=lambda tenant: wrap(self.queues[tenant.tenant]),
            dead_letters=lambda: wrap(self.dead_letters),
            notices=lambda: wrap(self.notices),
            levers=wrap(self.levers),
            blocklist=wrap(self.blocklist),
            mailer=wrap(self.mailer),
            account=wrap(self.account),
            reputation=wrap(self.reputation),
            operator=wrap(self.operator),
        )

    def copies(self):
        """Gives this very world again and again, each free to go its own way; cheaper than making it anew."""
        stock = pickle.dumps(self)
        return lambda: pickle.loads(stock)  # noqa: S301 - our own

    def publish(self, tenant, *events):
        """As SES and SNS would put them into the tenant's queue."""
        for number, event in enumerate(events):
            self.queues[tenant].send(
                envelope(self.manifests[tenant], event), name=f"sqs-{number}-{event['mail']['messageId']}"
            )


def ticking(start=NOW):
    """A clock for naming objects: every look is a millisecond later."""
    moments = iter(range(10**9))
    return lambda: start + timedelta(milliseconds=next(moments))
