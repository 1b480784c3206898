import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes_credentials import START, FakeKeys, FakeSecrets

from provisioner.model.manifest import Manifest
from provisioner.model.standing import State
from provisioner.onboarding import rotation
from provisioner.onboarding.credentials import SmtpSecret, TooManyKeysError, mint, read_secret

BAKERY = Manifest(
    tenant="bakery", name="Bakery", domain="bakery.example", account="123456789012", region="eu-central-1",
    prefix="innkeeper", configuration_set="innkeeper-bakery", topic_arn="arn:aws:sns:eu-central-1:1:t",
    queue_url="https://queue", user="innkeeper-bakery-smtp", secret="innkeeper/bakery/smtp",
    contacts=("anna@home.example",), from_address="shop@bakery.example", from_name="Bakery",
    operator="op@ops.example", notices_from="innkeeper@ops.example",
)  # fmt: skip
TOKENS = [f"{n:08d}-0000-0000-0000-000000000000" for n in range(1, 9)]


def current(keys: FakeKeys, secrets: FakeSecrets) -> SmtpSecret:
    version = secrets.get(BAKERY.secret)
    assert version is not None
    return read_secret(version)


def works(keys: FakeKeys, secrets: FakeSecrets) -> bool:
    """Whether a site that holds the current password can log in."""
    held = current(keys, secrets).username
    return any(key.id == held and key.active for key in keys.list(BAKERY.user))


def test_minting_stores_what_a_site_needs_and_is_done_once():
    keys, secrets = FakeKeys(), FakeSecrets()
    first = mint(BAKERY, keys, secrets)
    assert first.created
    stored = msgspec.json.decode(secrets.get(BAKERY.secret).value)
    assert set(stored) == {"host", "port", "username", "password", "from", "tenant"}
    assert stored["host"] == "email-smtp.eu-central-1.amazonaws.com"
    assert stored["username"] == first.key
    assert not mint(BAKERY, keys, secrets).created
    assert len(keys.list(BAKERY.user)) == 1


def test_minting_survives_death_at_every_call():
    """G3: whatever was left behind, the next run ends with one key whose password is stored."""

    def scenario(counter, keys=None, secrets=None):
        mint(BAKERY, counter.wrap(keys or FakeKeys()), counter.wrap(secrets or FakeSecrets()))

    for n, after in deaths(scenario):
        keys, secrets = FakeKeys(), FakeSecrets()
        with pytest.raises(Killed):
            scenario(CallCounter(n, after=after), keys, secrets)
        mint(BAKERY, keys, secrets)
        assert works(keys, secrets), (n, after)
        assert [key.id for key in keys.list(BAKERY.user)] == [current(keys, secrets).username]


def test_a_suspended_tenants_new_key_is_never_active():
    keys, secrets = FakeKeys(), FakeSecrets()
    mint(BAKERY, keys, secrets, active=False)
    assert [key.active for key in keys.list(BAKERY.user)] == [False]


def test_keys_that_the_secret_names_are_never_removed():
    """G2"""
    keys, secrets = FakeKeys(), FakeSecrets()
    old = mint(BAKERY, keys, secrets).key
    rotate(keys, secrets, TOKENS[0])
    keys.delete(BAKERY.user, current(keys, secrets).username)
    minted = mint(BAKERY, keys, secrets)
    assert (minted.created, minted.removed) == (True, ())
    assert old in {key.id for key in keys.list(BAKERY.user)}


def rotate(keys, secrets, token, probe=lambda secret: None):
    rotation.create_pending(BAKERY, keys, secrets, token, State.GOOD)
    rotation.activate_pending(BAKERY, keys, secrets, token, State.GOOD)
    rotation.probe_pending(BAKERY, secrets, token, probe)
    rotation.finish(BAKERY, secrets, token)


def test_rotation_overlaps_two_keys():
    keys, secrets = FakeKeys(), FakeSecrets()
    old = mint(BAKERY, keys, secrets).key
    probed = []
    rotate(keys, secrets, TOKENS[0], probed.append)
    new = current(keys, secrets).username
    assert new != old
    assert [secret.username for secret in probed] == [new]
    assert {key.id: key.active for key in keys.list(BAKERY.user)} == {old: True, new: True}


def test_rotation_survives_death_at_every_call_and_the_site_never_stops_sending():
    """G1, G7"""

    def scenario(counter, keys=None, secrets=None, token=TOKENS[1]):
        keys, secrets = keys or FakeKeys(), secrets or FakeSecrets()
        mint(BAKERY, keys, secrets)
        rotate(counter.wrap(keys), counter.wrap(secrets), token)

    for n, after in deaths(scenario):
        for token_of_retry in (TOKENS[1], TOKENS[2]):
            keys, secrets = FakeKeys(), FakeSecrets()
            old = mint(BAKERY, keys, secrets).key
            with pytest.raises(Killed):
                scenario(CallCounter(n, after=after), keys, secrets)
            assert works(keys, secrets), (n, after)
            if current(keys, secrets).username == old:
                rotate(keys, secrets, token_of_retry)
            else:
                rotation.finish(BAKERY, secrets, TOKENS[1])
            assert works(keys, secrets), (n, after)
            assert len(keys.list(BAKERY.user)) == 2
            assert not any("AWSPENDING" in v.stages for v in secrets.versions(BAKERY.secret))


def test_a_failed_probe_leaves_the_current_password_in_force():
    keys, secrets = FakeKeys(), FakeSecrets()
    old = mint(BAKERY, keys, secrets).key

    def refused(_):
        raise rotation.InnkeeperError("535")

    with pytest.raises(rotation.InnkeeperError):
        rotate(keys, secrets, TOKENS[0], refused)
    assert current(keys, secrets).username == old
    rotate(keys, secrets, TOKENS[1])
    assert len(keys.list(BAKERY.user)) == 2


@pytest.mark.parametrize("state", [State.SUSPENDED, State.TERMINATED])
def test_rotating_a_suspended_tenant_is_refused(state):
    """G6"""
    keys, secrets = FakeKeys(), FakeSecrets()
    mint(BAKERY, keys, secrets)
    with pytest.raises(rotation.SuspendedError, match="new access key starts active"):
        rotation.create_pending(BAKERY, keys, secrets, TOKENS[0], state)
    assert len(keys.list(BAKERY.user)) == 1


def test_the_previous_key_lives_until_the_new_one_is_used_and_grace_is_over():
    """G5"""
    keys, secrets = FakeKeys(), FakeSecrets()
    old = mint(BAKERY, keys, secrets).key
    rotate(keys, secrets, TOKENS[0])
    new = current(keys, secrets).username
    late = START + rotation.GRACE * 3
    assert "has not used the new password" in rotation.retire_previous(BAKERY, keys, secrets, late).waits_for
    keys.used |= {new: START, old: START + rotation.GRACE}
    assert "still uses the old" in rotation.retire_previous(BAKERY, keys, secrets, late).waits_for
    keys.used[new] = START + rotation.GRACE * 2
    assert "stays valid until" in rotation.retire_previous(BAKERY, keys, secrets, START).waits_for
    assert rotation.retire_previous(BAKERY, keys, secrets, late).retired
    assert [key.id for key in keys.list(BAKERY.user)] == [new]


def test_a_second_rotation_waits_for_the_first_to_be_retired():
    keys, secrets = FakeKeys(), FakeSecrets()
    mint(BAKERY, keys, secrets)
    rotate(keys, secrets, TOKENS[0])
    with pytest.raises(TooManyKeysError, match="both access keys"):
        rotation.create_pending(BAKERY, keys, secrets, TOKENS[1], State.GOOD)


def test_no_secret_in_any_repr_or_error():
    """G8"""
    keys, secrets = FakeKeys(), FakeSecrets()
    mint(BAKERY, keys, secrets)
    password = current(keys, secrets).password
    shown = f"{current(keys, secrets)!r} {secrets.versions(BAKERY.secret)!r} {keys.create(BAKERY.user)!r}"
    for secret in [password, *keys.secrets_made]:
        assert secret not in shown
