import smtplib
from datetime import timedelta

import pytest
from conduct_house import OPERATOR
from ses_events import NOW

from provisioner.conduct import operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing
from provisioner.model.standing import State


def drain(now=NOW):
    return Drain(clock=lambda: now, threads=1)


def test_mail_flows_is_stopped_and_flows_again(house):
    """Events in, sending off, a person's word, sending on: through the real names and a real SMTP client."""
    bakery, florist = house.tenant("bakery"), house.tenant("florist")
    house.mail(bakery, "guest@elsewhere.test")
    assert [mail.recipient for mail in house.aws.mailbox] == ["guest@elsewhere.test"]

    house.bounce(bakery, *(f"guest{n}@mail{n}.test" for n in range(16)))
    run = collect_all(["bakery", "florist"], house.outside, drain())
    assert run.complete, run
    report = audit(["bakery", "florist"], house.outside, NOW, Settings())

    assert report.complete, report
    assert report.sentence == "2 of 2 judged"
    standing, _ = read_standing(house.outside.archive, "bakery")
    assert standing.state is State.SUSPENDED
    assert standing.enforcement.complete
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        house.mail(bakery, "guest@elsewhere.test")
    assert refused.value.smtp_code == 535
    house.mail(florist, "guest@elsewhere.test")
    told = [to for to, subject in house.notices() if "suspended" in subject.lower() or "stopped" in subject.lower()]
    assert set(told) >= {"owner@bakery.test", OPERATOR}

    later = NOW + timedelta(hours=1)
    operator.reinstate("bakery", house.outside, later, by="Ann", reason="imported an old list, cleaned")
    house.mail(bakery, "guest@elsewhere.test")
    standing, _ = read_standing(house.outside.archive, "bakery")
    assert standing.state is State.GOOD
    assert standing.enforcement.complete
    assert standing.enforcement.opened == later
    with pytest.raises(smtplib.SMTPDataError, match="554") as denied:
        house.mail(bakery, "guest3@mail3.test", header=False)
    assert denied.value.smtp_code == 554
