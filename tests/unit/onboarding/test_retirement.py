"""When the previous password may go, and what belongs to which tenant."""

from datetime import timedelta

import pytest
from fakes import FakeArchive
from fakes_credentials import START, FakeKeys, FakeSecrets
from test_credentials import BAKERY, TOKENS, current, rotate

from provisioner.errors import InnkeeperError
from provisioner.model.standing import State
from provisioner.onboarding import rotation
from provisioner.onboarding.credentials import mint
from provisioner.onboarding.retirement import (
    GRACE,
    SHADOW,
    Probes,
    note_probe,
    overview,
    probes_key,
    read_probes,
    retire_previous,
)
from provisioner.onboarding.rotating import Rotation, tenant_of, trial_mail
from provisioner.onboarding.sweep import retire_all
from provisioner.ports import Conflict

TESTED = START + timedelta(days=2)  # the second fake key is made on this day
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def keys():
    return FakeKeys()


@pytest.fixture
def secrets(keys):
    made = FakeSecrets()
    mint(BAKERY, keys, made)
    rotate(keys, made, TOKENS[0])
    return made


@pytest.mark.parametrize(
    ("new", "old", "now", "waits_for", "uses_old"),
    [
        (None, None, TESTED + GRACE * 9, "not used the new", True),
        (TESTED, None, TESTED + GRACE * 9, "not used the new", True),
        (TESTED + SHADOW, TESTED + DAY, TESTED + GRACE * 9, "not used the new", True),
        (TESTED + SHADOW + MINUTE, None, TESTED + GRACE - MINUTE, "stays valid until", False),
        (TESTED + SHADOW + MINUTE, None, TESTED + GRACE, "", False),
        (TESTED + DAY, TESTED + DAY * 2, TESTED + GRACE * 9, "still uses the old", True),
        (TESTED + DAY * 9, TESTED + DAY * 8, TESTED + DAY * 10, "still uses the old", False),
        (TESTED + DAY * 9, TESTED + DAY * 8, TESTED + DAY * 8 + GRACE, "", False),
    ],
    ids=[
        "never used", "only our test", "in the test's shadow", "used, too early", "used, old enough",
        "old used last", "one of two sites changed", "old quiet for the whole grace",
    ],
)  # fmt: skip
def test_what_the_old_key_waits_for(keys, secrets, new, old, now, waits_for, uses_old):
    """G5: every doubt keeps it."""
    name = current(keys, secrets).username
    other = next(key.id for key in keys.list(BAKERY.user) if key.id != name)
    keys.used = {key: when for key, when in {name: new, other: old}.items() if when}
    seen = overview(BAKERY, keys, secrets, {name: TESTED}, now)
    assert (seen.current, seen.previous, seen.site_uses_old) == (name, other, uses_old)
    assert waits_for in seen.waits_for
    assert bool(waits_for) == bool(seen.waits_for)
    result = retire_previous(BAKERY, keys, secrets, now, probed={name: TESTED})
    assert result.retired == (not waits_for)
    assert len(keys.list(BAKERY.user)) == (1 if result.retired else 2)


def test_a_pending_key_is_never_retired(keys, secrets):
    old = next(key.id for key in keys.list(BAKERY.user) if key.id != current(keys, secrets).username)
    keys.delete(BAKERY.user, old)
    rotation.create_pending(BAKERY, keys, secrets, TOKENS[1], State.GOOD)
    assert retire_previous(BAKERY, keys, secrets, START + GRACE * 99, force=True).key is None
    assert len(keys.list(BAKERY.user)) == 2


def test_a_rotation_whose_key_was_deleted_is_given_up_and_the_next_one_works(keys):
    secrets = FakeSecrets()
    first = mint(BAKERY, keys, secrets).key
    rotation.create_pending(BAKERY, keys, secrets, TOKENS[0], State.GOOD)
    keys.delete(BAKERY.user, keys.list(BAKERY.user)[-1].id)
    with pytest.raises(rotation.LostKeyError, match="the old one stays in force"):
        rotation.create_pending(BAKERY, keys, secrets, TOKENS[0], State.GOOD)
    assert current(keys, secrets).username == first
    rotate(keys, secrets, TOKENS[1])
    assert current(keys, secrets).username != first


def test_an_old_message_puts_no_old_password_back_in_force(keys, secrets):
    """Secrets Manager may call a step late, or twice."""
    keys.delete(BAKERY.user, keys.list(BAKERY.user)[0].id)
    rotate(keys, secrets, TOKENS[1])
    newest = current(keys, secrets)
    with pytest.raises(InnkeeperError, match="not under way"):
        rotation.finish(BAKERY, secrets, TOKENS[0])
    assert current(keys, secrets) == newest


def test_notes_of_tests_survive_others_and_forget_keys_that_are_gone():
    archive = FakeArchive()
    note_probe(archive, "bakery", "A", START, keep=frozenset({"A"}))
    note_probe(archive, "bakery", "B", TESTED, keep=frozenset({"A", "B"}))
    assert read_probes(archive, "bakery")[0].probed == {"A": START, "B": TESTED}
    note_probe(archive, "bakery", "B", TESTED + DAY, keep=frozenset({"B"}))
    assert read_probes(archive, "bakery")[0] == Probes(tenant="bakery", probed={"B": TESTED + DAY})
    archive.plant(probes_key("bakery"), b"{broken")
    with pytest.raises(InnkeeperError, match="cannot be read"):
        read_probes(archive, "bakery")


class Contended(FakeArchive):
    """Somebody else writes first, ``times`` times."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def put_if(self, key, body, etag):
        if self.times:
            self.times -= 1
            raise Conflict
        return super().put_if(key, body, etag)


def test_a_note_that_others_overtake_is_written_again():
    archive = Contended(2)
    note_probe(archive, "bakery", "A", START, keep=frozenset())
    assert read_probes(archive, "bakery")[0].probed == {"A": START}
    with pytest.raises(Conflict):
        note_probe(Contended(3), "bakery", "A", START, keep=frozenset())


@pytest.mark.parametrize(
    "secret",
    ["inn/bakery/smtp", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:inn/bakery/smtp-AbCd12"],
)
def test_the_tenant_of_a_secret(secret):
    assert tenant_of(secret, "inn") == "bakery"


@pytest.mark.parametrize(
    "secret",
    [
        "inn/bakery/other", "inn//smtp", "inn/smtp", "other/bakery/smtp", "inn/a/b/smtp", "bakery", "",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:inn/bakery/smtp",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:inn/bakery/smtp-AbCd12/smtp-AbCd12",
    ],
)  # fmt: skip
def test_what_is_no_tenants_secret_is_refused(secret):
    with pytest.raises(InnkeeperError, match="holds no SMTP credentials of inn"):
        tenant_of(secret, "inn")


def test_the_trial_mail_is_the_sites_and_goes_to_nobody():
    mail = trial_mail(BAKERY)
    assert mail["From"].addresses[0].addr_spec == BAKERY.from_address
    assert mail["To"] == "success@simulator.amazonses.com"
    assert mail["X-SES-CONFIGURATION-SET"] == BAKERY.configuration_set
    assert mail["X-SES-TENANT"] is None


def test_a_sweep_ends_in_time_and_one_tenants_failure_stops_no_other(keys, secrets):
    def rotation_of(tenant):
        if tenant == "broken":
            raise InnkeeperError("no manifest")
        return Rotation(
            manifest=BAKERY, keys=keys, secrets=secrets, archive=FakeArchive(), state=lambda: State.GOOD,
            probe=lambda *_: None, clock=lambda: START,
        )  # fmt: skip

    left = iter([9.0, 9.0, 9.0, 1.0])
    swept = retire_all(["broken", "bakery", "bakery", "late"], rotation_of, lambda: next(left), 5.0)
    assert (swept.looked_at, swept.left, set(swept.failed), set(swept.waiting)) == (
        3, ("late",), {"broken"}, {"bakery"},
    )  # fmt: skip
