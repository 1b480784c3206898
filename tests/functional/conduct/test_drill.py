"""The drill over real SMTP, topic, queue, bucket and policies: event in, block on, mail refused, block off (D9, J7)."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from crash import CallCounter, Killed

from provisioner.cli.drill import command
from provisioner.conduct import operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.documents import read_standing
from provisioner.conduct.drill import Timing, drill, of_a_drill, recipient_of
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.standing import State
from provisioner.onboarding.credentials import read_secret
from provisioner.onboarding.site_mail import letter
from provisioner.smtp import Endpoint, send

HOPS = ["sent", "bounced", "queued", "stored", "judged", "blocked", "kept back", "unblocked", "open again"]


def clock():
    return datetime.now(UTC)


def timing(seconds=5.0):
    return Timing(clock=clock, wait=lambda _seconds: time.sleep(0.01), patience=timedelta(seconds=seconds))


def site(house, manifest):
    """The tenant's own credentials, and the real mail of a drill."""
    secret = read_secret(house.wiring.secrets.get(manifest.secret))
    endpoint = Endpoint(house.aws.smtp_host, house.aws.smtp_port, str(house.aws.ca_file))
    return lambda recipient: send(secret, letter(manifest, recipient, "test"), endpoint)


def run(house, manifest, number="1", outside=None, seconds=5.0):
    return drill(manifest, outside or house.outside, site(house, manifest), timing(seconds), run=number)


def nothing_left(house, manifest):
    standing, _ = read_standing(house.outside.archive, manifest.tenant)
    blocked = [*standing.blocks, *house.wiring.blocklist.suppressed(manifest)]
    blocked += [one for shard in house.wiring.blocklist.denied(manifest).values() for one in shard]
    return not any(of_a_drill(one) for one in blocked)


def test_the_whole_chain_is_walked_and_leaves_no_trace_in_the_standing(house):
    bakery = house.tenant("bakery")
    hops = []
    send_one = site(house, bakery)
    result = drill(bakery, house.outside, send_one, timing(), run="1", on_hop=hops.append)
    assert result.ok, result
    assert [hop.name for hop in result.hops] == HOPS
    assert tuple(hops) == result.hops
    said = {hop.name: hop.words for hop in result.hops}
    assert "554" in said["kept back"]
    assert said["blocked"].endswith("the SES tenant's suppression list and a Deny policy")
    assert nothing_left(house, bakery)
    assert json.loads(house.wiring.archive.get("runs/drills/bakery/1.json").body)["recipient"] == recipient_of("1")
    # An audit later: no strike, no block, no mail to anybody, though the simulator's bounces lie in the bucket.
    audit(["bakery"], house.outside, clock(), Settings())
    standing, _ = read_standing(house.outside.archive, "bakery")
    assert (standing.state, standing.blocks, standing.unblocks, standing.outbox) == (State.GOOD, {}, (), ())
    assert not [to for to, _ in house.notices()]


def test_real_feedback_that_waits_is_stored_and_a_real_block_stays(house):
    bakery = house.tenant("bakery")
    operator.block("bakery", "guest@elsewhere.test", house.outside, clock(), by="Ann", reason="asked to")
    house.bounce(bakery, "gone@elsewhere.test", at=clock())
    assert run(house, bakery).ok
    assert list(read_standing(house.outside.archive, "bakery")[0].blocks) == ["guest@elsewhere.test"]
    assert house.wiring.blocklist.suppressed(bakery) == {"guest@elsewhere.test"}
    audit(["bakery"], house.outside, clock(), Settings())
    blocks = read_standing(house.outside.archive, "bakery")[0].blocks
    assert set(blocks) == {"guest@elsewhere.test", "gone@elsewhere.test"}


def test_without_the_deny_policy_the_suppression_list_keeps_it_back(house):
    """SES takes the mail and answers with OnTenantSuppressionList: that counts as kept back."""
    bakery = house.tenant("bakery")

    class NoShards:
        def __getattr__(self, name):
            return getattr(house.wiring.blocklist, name)

        def write_shard(self, tenant, shard, recipients):
            raise InnkeeperError("AWS refused CreatePolicy (AccessDenied)")

    outside = Outside(
        **{name: getattr(house.outside, name) for name in Outside.__struct_fields__} | {"blocklist": NoShards()}
    )
    result = run(house, bakery, outside=outside)
    assert result.ok, result
    assert "OnTenantSuppressionList" in {hop.name: hop.words for hop in result.hops}["kept back"]


def test_a_link_that_broke_is_named(house):
    """A18: SES may not publish to the topic any more."""
    bakery = house.tenant("bakery")
    house.wiring.clients["sns"].set_topic_attributes(
        TopicArn=bakery.topic_arn, AttributeName="Policy", AttributeValue=json.dumps({"Statement": []})
    )
    result = run(house, bakery, seconds=0.1)
    assert [hop.name for hop in result.hops] == ["sent"]
    assert "no event of the mail arrived" in result.problem
    assert "policies of topic and queue" in result.hint
    assert nothing_left(house, bakery)


def test_a_suspended_tenant_is_no_subject(house):
    bakery = house.tenant("bakery")
    operator.suspend("bakery", house.outside, clock(), by="Ann", reason="a test")
    with pytest.raises(InnkeeperError, match="prove nothing"):
        run(house, bakery)


@pytest.mark.parametrize(("method", "after"), [("put_if", True), ("unsuppress", False)])
def test_a_drill_that_was_killed_is_tidied_up_by_the_next(house, method, after):
    """M1, at the calls that change something."""
    bakery = house.tenant("bakery")

    class Once(CallCounter):
        def run(self, name, call):
            if name != method or self.calls:
                return call()
            self.calls.append(name)
            if after:
                call()
            self.dead = True
            raise Killed(name)

    counter = Once()
    counter.dead = False
    outside = Outside(
        **{name: getattr(house.outside, name) for name in Outside.__struct_fields__}
        | {"archive": Mortal(house.outside.archive, counter), "blocklist": Mortal(house.outside.blocklist, counter)}
    )
    with pytest.raises(Killed):
        run(house, bakery, outside=outside)
    result = run(house, bakery, "2")
    assert result.ok, result
    assert nothing_left(house, bakery)


class Mortal:
    """After the kill every call dies: no clean-up code can run either."""

    def __init__(self, port, counter):
        self.port, self.counter = port, counter

    def __getattr__(self, name):
        def call(*args, **more):
            if self.counter.dead:
                raise Killed(name)
            return self.counter.run(name, lambda: getattr(self.port, name)(*args, **more))

        return call


def test_the_command_prints_every_hop_and_ends_with_0_or_1(house, tmp_path, monkeypatch, capsys):
    bakery = house.tenant("bakery")
    (tmp_path / "platform.yaml").write_text(
        "name: inn\nregion: eu-central-1\noperator: {name: Ops, email: operator@host.example}\n"
        "sender: notices@innkeeper.example\n"
    )
    (tmp_path / "tenants").mkdir()
    for name, value in house.aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert command.main(["bakery", "--format", "json"], standalone_mode=False) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    assert [hop["name"] for hop in said["drill"]["hops"]] == HOPS
    house.wiring.clients["iam"].delete_user_policy(UserName=bakery.user, PolicyName="send")
    assert command.main(["bakery"], standalone_mode=False) == 1
    assert "✗ SES refused the data: 554 Access denied" in capsys.readouterr().out
