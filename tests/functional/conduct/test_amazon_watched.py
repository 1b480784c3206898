"""AWS's own view through the real calls: its pause, its findings, and the function that EventBridge starts."""

import json
from types import SimpleNamespace

import msgspec
import pytest
from conduct_house import NOTICES, OPERATOR
from ses_events import NOW

from lambdas.sentinel.handler import handle as sentinel
from provisioner.aws import function
from provisioner.cli.status import command as status
from provisioner.conduct.aws_view import follow, watch
from provisioner.conduct.collect import Drain
from provisioner.conduct.undelivered import collect_notices, source_of_notices
from provisioner.ports import AwsFinding, AwsView
from provisioner.sandbox.state import Recommendation

CONTEXT = SimpleNamespace(aws_request_id="run-1", get_remaining_time_in_millis=lambda: 600_000)


def pause(house, manifest, status="DISABLED"):
    """As AWS does under its own reputation policy."""
    tenant = house.aws.ses.tenants[manifest.ses_tenant]
    tenant.aws_status, tenant.aws_cause, tenant.aws_changed = status, "high bounce rate", NOW


def find(house, arn, kind="COMPLAINT", status="OPEN"):
    house.aws.ses.recommendations.append(Recommendation(arn, kind, "HIGH", f"{kind} rate", NOW, status))


@pytest.fixture
def told(house):
    """What reaches the operator's topic."""
    queue = house.wiring.clients["sqs"].create_queue(QueueName="inbox")["QueueUrl"]
    arn = f"arn:aws:sqs:{house.aws.region}:{house.aws.account}:inbox"
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]}
    house.wiring.clients["sqs"].set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    house.wiring.clients["sns"].subscribe(TopicArn=house.names.operator_topic_arn, Protocol="sqs", Endpoint=arn)

    def subjects():
        answer = house.wiring.clients["sqs"].receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"])["Subject"] for message in answer.get("Messages", ())]

    return subjects


def test_a_pause_and_findings_are_read_by_listings_and_by_name(house):
    """D17: AWS's pause is seen beside our own; a pause of ours is no news."""
    bakery, florist, cinema = house.tenant("bakery"), house.tenant("florist"), house.tenant("cinema")
    pause(house, bakery)
    find(house, bakery.ses_tenant_arn)
    find(house, bakery.ses_tenant_arn, "BOUNCE", "FIXED")
    house.wiring.levers.set_tenant(cinema, enabled=False)
    identity = house.names.tenant("florist").identity_arn(florist.domain)
    find(house, identity, "DMARC")
    complaint = AwsFinding(kind="COMPLAINT", impact="HIGH", text="COMPLAINT rate")
    dmarc = AwsView(findings=(AwsFinding(kind="DMARC", impact="HIGH", text="DMARC rate"),))
    paused = AwsView(paused=True, cause="high bounce rate", findings=(complaint,))
    everything = house.wiring.reputation.everything()
    assert everything == {bakery.ses_tenant_arn: paused, identity: dmarc}
    asked = [bakery.ses_tenant_arn, florist.ses_tenant_arn, identity, f"{bakery.ses_tenant_arn}x"]
    assert house.wiring.reputation.read(asked) == everything
    assert house.wiring.levers.read(bakery).aws_paused


def test_more_than_a_page_is_read(house):
    bakery = house.tenant("bakery")
    for number in range(120):
        find(house, bakery.ses_tenant_arn, f"K{number}")
    assert len(house.wiring.reputation.everything()[bakery.ses_tenant_arn].findings) == 120


def test_the_function_that_eventbridge_starts_tells_once(house, monkeypatch, capsys, told):
    bakery = house.tenant("bakery")
    for name, value in {
        "INNKEEPER_ACCOUNT": house.aws.account,
        "INNKEEPER_REGION": house.aws.region,
        "INNKEEPER_PREFIX": house.names.prefix,
        "INNKEEPER_NOTICES_FROM": NOTICES,
        **house.aws.environment(),
    }.items():
        monkeypatch.setenv(name, value)
    function.wiring.cache_clear()
    pause(house, bakery)
    event = {
        "source": "aws.ses", "detail-type": "Sending Status Disabled", "resources": [bakery.ses_tenant_arn],
        "detail": {"data": {"origin": "AWS_MANAGED", "record": {"lastUpdatedTimestamp": [1, 2, 3]}}},
    }  # fmt: skip
    try:
        assert sentinel(event, CONTEXT)["changed"] == ("bakery",)
        assert sentinel(event, CONTEXT)["changed"] == ()
        for nonsense in ({}, [], None, {"Records": 7}):
            assert sentinel(nonsense, CONTEXT)["ignored"]
    finally:
        function.wiring.cache_clear()
    capsys.readouterr()
    assert told() == ["bakery: Amazon SES has paused this tenant"]
    pause(house, bakery, "REINSTATED")
    assert watch(house.outside, NOW).changed == ("bakery",)
    assert told() == ["bakery: all clear again at Amazon SES"]
    assert follow(event, house.outside, NOW).changed == ()


def test_status_shows_what_amazon_did_beside_our_own_switches(house, tmp_path, monkeypatch, capsys):
    """H4: and which contact, or operator, does not get notices."""
    bakery, florist = house.tenant("bakery"), house.tenant("florist")
    pause(house, bakery)
    find(house, house.names.tenant("florist").identity_arn(florist.domain), "DMARC")
    source = source_of_notices(house.names, NOTICES)
    sender = {"configuration_set": source.configuration_set, "domain": source.domain, "from_address": NOTICES}
    house.bounce(msgspec.structs.replace(florist, **sender), *florist.contacts, OPERATOR, at=function.now())
    assert collect_notices(source, house.outside, Drain(clock=function.now, threads=1)).new == 2
    (tmp_path / "platform.yaml").write_text(
        "name: inn\nregion: eu-central-1\noperator: {name: Ops, email: operator@host.example}\n"
        "sender: notices@innkeeper.example\n"
    )
    (tmp_path / "tenants").mkdir()
    for name, value in house.aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    status.main([], standalone_mode=False)
    out, err = capsys.readouterr()
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "bakery bakery.example good 0 no never" in lines
    assert "bakery: Amazon SES itself has paused sending: high bounce rate" in lines
    assert "florist: Amazon SES found (DMARC, impact high): DMARC rate" in lines
    shown = " ".join(lines)
    assert "florist: Notices to owner@florist.test come back: the address does not exist; last on " in shown
    assert "Correct `contacts` in tenants/florist.yaml, then innkeeper apply." in shown
    assert "Notices to operator@host.example come back" not in shown
    assert "correct `operator` in platform.yaml, then innkeeper apply." in err
