"""H4: a notice to a contact whose mailbox is gone, from SES's bounce to what the operator reads."""

import json
from types import SimpleNamespace

from conduct_house import NOTICES, OPERATOR

from lambdas.collect.handler import handle as collect
from provisioner.aws import function
from provisioner.conduct import operator
from provisioner.conduct.collect import Drain
from provisioner.conduct.facts import new_keys
from provisioner.conduct.publish import publish_fleet
from provisioner.conduct.undelivered import collect_notices, source_of_notices

GONE = "bounce@simulator.amazonses.com"
CONTEXT = SimpleNamespace(aws_request_id="run-1", get_remaining_time_in_millis=lambda: 600_000)


def test_a_platform_made_before_there_was_such_a_queue_says_what_to_do(house):
    house.wiring.clients["sqs"].delete_queue(QueueUrl=house.outside.notices()._url)
    source = source_of_notices(house.names, NOTICES)
    done = collect_notices(source, house.outside, Drain(clock=function.now, threads=1))
    assert (done.listed, done.collected.stopped) == ((), "error")
    assert "there is no queue 'inn-notices'" in done.error
    assert "innkeeper platform" in done.error


def test_an_owner_who_cannot_be_told_is_shown_and_no_mail_answers_the_bounce(house, monkeypatch, capsys):
    """H3, H4: read once, by the last step of the run; the tenant is not judged by it."""
    given = {
        "INNKEEPER_ACCOUNT": house.aws.account, "INNKEEPER_REGION": house.aws.region,
        "INNKEEPER_PREFIX": house.names.prefix, "INNKEEPER_NOTICES_FROM": NOTICES, "INNKEEPER_POLL_SECONDS": "0",
        **house.aws.environment(),
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    function.wiring.cache_clear()
    house.tenant("bakery", contacts=(GONE,))
    operator.suspend("bakery", house.outside, function.now(), by="Ann", reason="a test")
    sent = house.notices()
    assert len(sent) == 1  # the operator's copy; the owner's came back

    def said():
        return json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    try:
        collect({"batch": "00001", "tenants": ["bakery"]}, CONTEXT)
        assert "NoticesUndelivered" not in said()
        assert collect({"phase": "finish"}, CONTEXT)["notices"]["undelivered"] == 1
        line = said()
        assert (line["NoticesUndelivered"], line["notices"]["new"], line["complete"]) == (1, 1, True)
        assert GONE not in json.dumps(line)
        assert house.notices() == sent
        assert not new_keys(house.outside.archive, {"bakery": ""}, function.now())["bakery"]
        publish_fleet((), house.outside, function.now(), fleet=("bakery",), alerts=(), operator=OPERATOR)
    finally:
        function.wiring.cache_clear()
    page = house.outside.archive.get("dashboard/index.html").body.decode()
    assert f"Notices to {GONE} come back: the address does not exist" in page
    digest = next(mail for mail in house.aws.mailbox if b"digest-" in mail.raw)
    assert b"tenants/bakery.yaml" in digest.raw
