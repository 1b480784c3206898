"""Dying before and after every change in AWS, then again: the same end, and the site can log in all the time.

Dying at every single call, reads included, is tested on fakes in tests/unit/onboarding. Here keys and secret are put
back for each death, and logins are asked of the endpoint's desk: a connection each would cost more than all the rest.
"""

import pytest
from rotation_house import TOKENS, breaking, changes, counted

from provisioner.onboarding.credentials import mint
from provisioner.onboarding.rotating import retire
from provisioner.sandbox import Crash, crash_points

ROTATED = [(0, True, ("AWSPREVIOUS",)), (1, True, ("AWSCURRENT",))], False
MINTED = [(0, True, ("AWSCURRENT",))], False


def points(calls):
    """Before and after each change."""
    for faults in crash_points(len(calls)):
        faults.only = changes
        yield faults


def test_minting_dies_anywhere_and_ends_the_same(bakery):
    """G3: a key whose password was stored nowhere goes, and no other."""

    def run():
        mint(bakery.manifest, bakery.wiring.keys, bakery.wiring.secrets)

    bakery.empty()
    back = bakery.keep()
    calls = counted(bakery, run)
    assert calls == ["iam CreateAccessKey", "secretsmanager PutSecretValue"]
    for faults in points(calls):
        back()
        with breaking(bakery, faults), pytest.raises(Crash):
            run()
        run()
        assert bakery.end() == MINTED, faults
        assert bakery.opens(bakery.current()), faults
    assert bakery.logs_in(bakery.current())


def test_rotation_dies_anywhere_and_the_site_sends_all_the_time(bakery):
    """G1, G7: whoever goes on, Secrets Manager with the same token or a person with the command."""
    back = bakery.keep()
    calls = counted(bakery, lambda: bakery.by_service(TOKENS[0]))
    assert bakery.end() == ROTATED
    assert bakery.logs_in(bakery.first)
    assert bakery.logs_in(bakery.current())
    assert calls == [
        "iam CreateAccessKey",
        "secretsmanager PutSecretValue",
        "s3 PutObject",
        "secretsmanager UpdateSecretVersionStage",
        "secretsmanager UpdateSecretVersionStage",
    ]
    desk = bakery.probe_at_desk
    for number, faults in enumerate(points(calls)):
        back()
        with breaking(bakery, faults), pytest.raises(Crash):
            bakery.by_service(TOKENS[1], desk)
        assert bakery.opens(bakery.first), faults
        assert bakery.opens(bakery.current()), faults
        if number // 2 % 2 == 0 or bakery.current() != bakery.first:
            bakery.by_service(TOKENS[1], desk)
        else:
            bakery.by_command(desk)
        assert bakery.end() == ROTATED, faults
        assert bakery.current() != bakery.first
        assert bakery.opens(bakery.first), faults
        assert bakery.opens(bakery.current()), faults


@pytest.mark.parametrize("sent", [False, True], ids=["before the test mail", "after the test mail"])
def test_rotation_dies_around_its_test(bakery, sent):
    """G1: the test is no call of AWS's API, so it dies here."""
    working = bakery.rotation().probe

    def dying(*given):
        if sent:
            working(*given)
        raise Crash

    with pytest.raises(Crash):
        bakery.by_service(TOKENS[0], dying)
    assert bakery.current() == bakery.first
    bakery.by_service(TOKENS[0])
    assert bakery.end() == ROTATED


def test_retiring_dies_anywhere_and_the_old_key_ends_gone(bakery):
    """G5: by then no site uses it."""

    def run():
        return retire(bakery.rotation(), force=True)

    bakery.by_service(TOKENS[0])
    back = bakery.keep()
    calls = counted(bakery, run)
    assert calls == ["iam UpdateAccessKey", "iam DeleteAccessKey"]
    for faults in points(calls):
        back()
        with breaking(bakery, faults), pytest.raises(Crash):
            run()
        run()
        assert bakery.end() == ([(0, True, ("AWSCURRENT",))], True), faults
        assert bakery.opens(bakery.current()), faults
        assert not bakery.opens(bakery.first), faults
