"""The rotate function as Secrets Manager calls it."""

import json
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from rotation_house import TOKENS

from lambdas.rotate.handler import handle
from provisioner.aws import function
from provisioner.conduct.operator import suspend
from provisioner.errors import InnkeeperError
from provisioner.onboarding.credentials import named_keys
from provisioner.onboarding.retirement import GRACE
from provisioner.onboarding.rotating import look, serve
from provisioner.onboarding.rotation import STEPS, SuspendedError
from provisioner.smtp import Endpoint, Refused, probe

CONTEXT = SimpleNamespace(aws_request_id="run-1", get_remaining_time_in_millis=lambda: 10_000)


@pytest.fixture(autouse=True)
def _deployed(house, monkeypatch, _real_time):
    for name, value in house.aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(function, "wiring", lambda: house.wiring)
    monkeypatch.setattr(function, "now", _real_time.now)


def ask(bakery, step, token=TOKENS[0]):
    bakery.begin(token)
    return handle({"Step": step, "SecretId": bakery.arn, "ClientRequestToken": token}, CONTEXT)


def rotate(bakery, token=TOKENS[0]):
    for step in STEPS:
        ask(bakery, step, token)


def site_sends(bakery, secret, later=timedelta(hours=1)):
    bakery.aws.clock.advance(later)
    assert bakery.logs_in(secret)


def test_every_step_twice_and_both_passwords_work(bakery, capsys):
    """G1, G8: a step done twice does nothing; the log holds no secret."""
    before = len(bakery.aws.mailbox)
    for step in STEPS:
        ask(bakery, step)
        keys, stages = (
            bakery.wiring.keys.list(bakery.manifest.user),
            bakery.wiring.secrets.stages(bakery.manifest.secret),
        )
        ask(bakery, step)
        assert bakery.wiring.keys.list(bakery.manifest.user) == keys
        assert bakery.wiring.secrets.stages(bakery.manifest.secret) == stages
    new = bakery.current()
    assert new.username != bakery.first.username
    assert bakery.logs_in(new)
    assert bakery.logs_in(bakery.first)
    assert [mail.recipient for mail in bakery.aws.mailbox[before:]] == ["success@simulator.amazonses.com"] * 2
    log = capsys.readouterr().out
    assert json.loads(log.splitlines()[0])["step"] == "createSecret"
    assert new.password not in log
    assert bakery.first.password not in log


def test_a_step_out_of_its_turn_is_refused_or_does_nothing(bakery):
    """G1: Secrets Manager's protocol."""
    with pytest.raises(InnkeeperError, match="no version"):
        handle({"Step": "createSecret", "SecretId": bakery.arn, "ClientRequestToken": TOKENS[3]}, CONTEXT)
    with pytest.raises(InnkeeperError, match="are not there"):
        ask(bakery, "setSecret")
    rotate(bakery)
    for step in STEPS:
        assert ask(bakery, step)["done"] == "in force already"
    bakery.wiring.keys.delete(bakery.manifest.user, bakery.first.username)
    rotate(bakery, TOKENS[1])
    with pytest.raises(InnkeeperError, match="not pending"):
        ask(bakery, "finishSecret", TOKENS[0])


def test_setting_rotation_up_tests_the_password_in_force_and_is_not_taken_for_the_site(bakery):
    assert ask(bakery, "testSecret")["done"] == "the password in force works"
    (key,) = look(bakery.rotation()).keys
    assert key.last_used is not None
    assert not key.used_by_site
    bakery.empty()
    assert ask(bakery, "testSecret", TOKENS[1])["done"] == "nothing to test: there is no password yet"


def test_setting_rotation_up_fails_for_no_reason_but_a_refused_login(bakery, other, house):
    """A new tenant's domain is not verified yet; a suspended one keeps its schedule (G6)."""

    def refusing(code, stage):
        def probe(*_):
            raise Refused(code, "no", stage)

        bakery.begin(TOKENS[0])
        return serve(bakery.rotation(probe), "testSecret", TOKENS[0])

    assert refusing(554, "data") == "the password in force works; SES takes no mail yet: 554 no"
    with pytest.raises(Refused):
        refusing(535, "login")
    tailor = other("tailor")
    suspend("tailor", house.outside, tailor.aws.clock.now(), by="op", reason="a test of the levers")
    assert ask(tailor, "testSecret")["done"] == "nothing to test: the tenant is suspended"
    assert tailor.current() == tailor.first


def test_a_suspended_tenant_gets_no_key(other, house):
    """G6"""
    florist = other("florist")
    suspend("florist", house.outside, florist.aws.clock.now(), by="op", reason="a test of the levers")
    with pytest.raises(SuspendedError):
        ask(florist, "createSecret")
    assert [key.active for key in florist.wiring.keys.list(florist.manifest.user)] == [False]


def test_suspended_while_the_key_is_made(other, house, monkeypatch):
    """G6: the enforcer looked before the new key was there."""
    butcher = other("butcher")
    create = butcher.wiring.keys.create

    def suspended_meanwhile(user):
        suspend("butcher", house.outside, butcher.aws.clock.now(), by="op", reason="a test of the levers")
        return create(user)

    monkeypatch.setattr(butcher.wiring.keys, "create", suspended_meanwhile)
    with pytest.raises(SuspendedError):
        ask(butcher, "createSecret")
    assert [key.active for key in butcher.wiring.keys.list(butcher.manifest.user)] == [False, False]
    for step in STEPS[1:3]:
        with pytest.raises(SuspendedError):
            ask(butcher, step)
    assert butcher.current() == butcher.first


def test_a_secret_that_is_no_tenants_is_not_touched(bakery):
    with pytest.raises(InnkeeperError, match="holds no SMTP credentials of inn"):
        handle({"Step": "createSecret", "SecretId": "inn/bakery/other", "ClientRequestToken": TOKENS[0]}, CONTEXT)


def test_the_old_key_stays_until_the_site_uses_the_new_one_and_grace_is_over(bakery, capsys):
    """G5: and our own test of the new password is not the site's use of it."""
    rotate(bakery)
    new = bakery.current()
    bakery.aws.clock.advance(GRACE * 2)
    assert handle({}, CONTEXT)["waiting"]["bakery"] == "the site has not used the new password yet"
    site_sends(bakery, bakery.first)
    site_sends(bakery, new)
    assert "still uses the old" in handle({}, CONTEXT)["waiting"]["bakery"]
    bakery.aws.clock.advance(GRACE)
    assert handle({"tenants": ["bakery"]}, CONTEXT)["retired"] == {"bakery": bakery.first.username}
    assert not bakery.logs_in(bakery.first)
    assert bakery.logs_in(new)
    assert "bakery" not in handle({}, CONTEXT)["waiting"]


def test_the_next_rotation_waits_for_a_site_that_never_changed(bakery):
    """G2: it stops and explains, and breaks nothing."""
    rotate(bakery)
    bakery.aws.clock.advance(timedelta(days=90))
    with pytest.raises(InnkeeperError, match="both access keys"):
        ask(bakery, "createSecret", TOKENS[1])
    assert bakery.logs_in(bakery.first)
    site_sends(bakery, bakery.current())
    bakery.aws.clock.advance(GRACE)
    rotate(bakery, TOKENS[2])
    assert not bakery.logs_in(bakery.first)
    assert len(bakery.wiring.keys.list(bakery.manifest.user)) == 2


def test_a_left_over_copy_of_the_current_version_costs_no_key(bakery):
    """G7: Secrets Manager itself can leave it behind."""
    bakery.begin(TOKENS[5])
    value = bakery.wiring.secrets.get(bakery.manifest.secret).value
    bakery.wiring.secrets.put(bakery.manifest.secret, value, token=TOKENS[5], stages=("AWSPENDING",))
    bakery.by_command()
    assert bakery.logs_in(bakery.first)
    assert bakery.current().username != bakery.first.username


def test_a_used_key_that_the_secret_forgot_is_kept(bakery):
    """G2: a site may hold its password."""
    assert bakery.logs_in(bakery.first)
    bakery.wiring.clients["secretsmanager"].delete_secret(
        SecretId=bakery.manifest.secret, ForceDeleteWithoutRecovery=True
    )
    bakery.wiring.clients["secretsmanager"].create_secret(Name=bakery.manifest.secret)
    bakery.wiring.keys.create(bakery.manifest.user)  # never used: an orphan
    assert "no password yet" in ask(bakery, "testSecret")["done"]
    bakery.by_command()
    assert bakery.logs_in(bakery.first)
    assert look(bakery.rotation()).previous == bakery.first.username
    assert set(named_keys(bakery.wiring.secrets.versions(bakery.manifest.secret))) == {bakery.current().username}


def test_where_ses_takes_no_mail_the_login_decides(other, house):
    """A tenant whose mail is refused for other reasons (domain not verified, other address) can rotate as well."""
    barber = other("barber")
    house.wiring.clients["iam"].put_user_policy(
        UserName=barber.manifest.user,
        PolicyName="send",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ses:*", "Resource": "*"}]}
        ),
    )
    for step in STEPS[:2]:
        ask(barber, step)
    assert "neither with the old password: 554" in ask(barber, "testSecret")["done"]
    ask(barber, "finishSecret")
    assert barber.logs_in(barber.current())


def test_a_new_password_that_does_not_work_never_gets_in_force(bakery):
    """G4: time is up, AWS still says 535."""
    for step in STEPS[:2]:
        ask(bakery, step)
    new = next(key for key in bakery.wiring.keys.list(bakery.manifest.user) if key.id != bakery.first.username)
    bakery.wiring.keys.set_active(bakery.manifest.user, new.id, active=False)
    with pytest.raises(InnkeeperError, match="535"):
        ask(bakery, "testSecret")
    assert bakery.current() == bakery.first
    for step in STEPS[1:]:  # as Secrets Manager tries again later
        ask(bakery, step)
    assert bakery.current().username == new.id


def test_a_key_that_aws_does_not_know_yet_is_waited_for(bakery):
    """G4: 535 five times, for the first minute; then it works."""
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        bakery.wiring.keys.set_active(bakery.manifest.user, fresh, active=len(waited) >= 5)

    endpoint = Endpoint(bakery.aws.smtp_host, bakery.aws.smtp_port, str(bakery.aws.ca_file))
    patient = partial(probe, endpoint=endpoint, patience=300, clock=lambda: sum(waited), sleep=sleep)
    for step in STEPS[:2]:
        ask(bakery, step)
    fresh = bakery.wiring.keys.list(bakery.manifest.user)[-1].id
    bakery.wiring.keys.set_active(bakery.manifest.user, fresh, active=False)
    assert serve(bakery.rotation(patient), "testSecret", TOKENS[0]) == "logged in over SMTP, and SES took a test mail"
    assert len(waited) == 5
