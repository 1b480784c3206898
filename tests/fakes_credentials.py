"""IAM keys and Secrets Manager in memory, with the limits of the real ones."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from provisioner.ports import AccessKey, NewKey, SecretVersion

START = datetime(2026, 11, 20, tzinfo=UTC)


class LimitExceeded(Exception):
    """IAM refuses a third access key."""


@dataclass
class FakeKeys:
    users: dict[str, dict[str, AccessKey]] = field(default_factory=dict)
    used: dict[str, datetime] = field(default_factory=dict)
    secrets_made: list[str] = field(default_factory=list)
    count: int = 0

    def list(self, user: str) -> tuple[AccessKey, ...]:
        return tuple(self.users.get(user, {}).values())

    def create(self, user: str) -> NewKey:
        keys = self.users.setdefault(user, {})
        if len(keys) >= 2:
            raise LimitExceeded
        self.count += 1
        key = NewKey(f"AKIA{self.count:016d}", f"secret-of-key-{self.count}")
        self.secrets_made.append(key.secret)
        keys[key.id] = AccessKey(key.id, active=True, created=START + timedelta(days=self.count))
        return key

    def set_active(self, user: str, key: str, *, active: bool) -> None:
        self.users[user][key] = AccessKey(key, active, self.users[user][key].created)

    def delete(self, user: str, key: str) -> None:
        self.users[user].pop(key, None)

    def last_used(self, key: str) -> datetime | None:
        return self.used.get(key)


@dataclass
class FakeSecrets:
    stored: dict[str, dict[str, SecretVersion]] = field(default_factory=dict)

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        return tuple(version for version in self.stored.get(name, {}).values() if version.stages)

    def stages(self, name: str) -> dict[str, tuple[str, ...]]:
        return {version.id: version.stages for version in self.stored.get(name, {}).values()}

    def get(self, name: str, stage: str = "AWSCURRENT") -> SecretVersion | None:
        return next((v for v in self.versions(name) if stage in v.stages), None)

    def put(self, name: str, value: bytes, *, token: str, stages: tuple[str, ...]) -> str:
        versions = self.stored.setdefault(name, {})
        if token in versions:
            assert versions[token].value == value, "a token may not be used again for another value"
            return token
        for stage in stages:
            self._take(name, stage)
        versions[token] = SecretVersion(token, value, stages)
        return token

    def move_stage(self, name: str, stage: str, *, to: str | None, remove_from: str | None) -> None:
        if remove_from is not None:
            assert stage in self.stored[name][remove_from].stages, "AWS refuses to take a stage that is not there"
        self._take(name, stage)
        if stage == "AWSCURRENT" and remove_from is not None:
            self._take(name, "AWSPREVIOUS")
            self._give(name, "AWSPREVIOUS", remove_from)
        if to is not None:
            self._give(name, stage, to)

    def _take(self, name: str, stage: str) -> None:
        for key, version in self.stored.get(name, {}).items():
            if stage in version.stages:
                kept = tuple(other for other in version.stages if other != stage)
                self.stored[name][key] = SecretVersion(version.id, version.value, kept)

    def _give(self, name: str, stage: str, to: str) -> None:
        version = self.stored[name][to]
        self.stored[name][to] = SecretVersion(version.id, version.value, (*version.stages, stage))
