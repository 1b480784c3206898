"""What AWS itself says: hints from EventBridge in any shape, told once a change, never believed."""

import json
from datetime import timedelta

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes import World, ticking
from hypothesis import given
from hypothesis import strategies as st
from ses_events import NOW, bounce

from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.aws_view import CLEAR, PREFIX, follow, read_hint, view_of, watch, words
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.outside import read_only
from provisioner.conduct.phases import count, judge_batch
from provisioner.conduct.publish import alerts
from provisioner.ports import AccountRates, AwsFinding, AwsView

PAUSED = AwsView(paused=True, cause="bounce rate above 15 %")
FOUND = AwsView(findings=(AwsFinding(kind="COMPLAINT", impact="HIGH", text="Complaint rate 1.2 %"),))


def hint(arn, topic="Sending Status Disabled", **more):
    """As AWS sends it, with the array of numbers that stands for a time."""
    record = {"lastUpdatedTimestamp": [2026, 11, 25, 8, 0, 0, 123_000_000]}
    detail = {"version": "1.0.0", "data": {"origin": "AWS_MANAGED", "record": record}}
    return {"version": "0", "source": "aws.ses", "detail-type": topic, "resources": [arn], "detail": detail, **more}


def bakery(world):
    return world.manifests["bakery"].ses_tenant_arn


def look(world, at=NOW):
    return watch(world.outside, at)


def test_a_pause_by_aws_is_told_once_and_so_is_its_end():
    world = World("bakery", "florist")
    world.reputation.views[bakery(world)] = PAUSED
    assert look(world).changed == ("bakery",)
    assert look(world).changed == ()
    assert follow(hint(bakery(world)), world.outside, NOW).changed == ()
    world.reputation.views.clear()
    assert look(world).changed == ("bakery",)
    assert look(world).changed == ()
    (first, text), (second, _) = world.operator.told
    assert first == "bakery: Amazon SES has paused this tenant"
    assert "bounce rate above 15 %" in text
    assert "bakery.example" in text
    assert second == "bakery: all clear again at Amazon SES"


def test_the_words_of_an_event_are_not_believed():
    """A hint that says "disabled" while AWS shows the tenant enabled is no news; the reverse is."""
    world = World()
    assert follow(hint(bakery(world)), world.outside, NOW).changed == ()
    assert not world.operator.told
    world.reputation.views[bakery(world)] = PAUSED
    seen = follow(hint(bakery(world), "Sending Status Enabled"), world.outside, NOW)
    assert (seen.changed, seen.views) == (("bakery",), {"bakery": PAUSED})


@pytest.mark.parametrize(
    "topic",
    ["Advisor Recommendation Status Open", "Advisor Recommendation Status Resolved",
     "Advisor Recommendation Status Closed", "Sending Status Enabled", "Sending Status Disabled"],
)  # fmt: skip
def test_every_kind_of_hint_leads_to_a_look(topic):
    world = World()
    world.reputation.views[bakery(world)] = FOUND
    event = hint(bakery(world), topic, detail={"version": "1.0.0", "data": "a sentence, as findings have it"})
    assert follow(event, world.outside, NOW).changed == ("bakery",)
    assert "Complaint rate 1.2 %" in world.operator.told[0][1]


@pytest.mark.parametrize(
    "event",
    [None, [], "x", {}, {"source": "aws.ses"}, {"source": "aws.ses", "detail-type": 7, "resources": 7},
     hint(None), hint(["x"]), hint("x", resources={}), hint("arn:aws:ses:eu-central-1:1:tenant//"),
     hint("arn:aws:ses:eu-central-1:1:tenant/inn-../../x/tn-1"), hint("arn:aws:ses:x:1:tenant/inn-nobody/tn-1"),
     hint("arn:aws:ses:eu-central-1:999999999999:tenant/inn-bakery/tn-1"), hint("a", source="aws.s3")],
    ids=json.dumps,
)  # fmt: skip
def test_a_hint_that_leads_nowhere_changes_nothing(event):
    world = World()
    world.reputation.views[bakery(world)] = PAUSED
    seen = follow(event, world.outside, NOW)
    assert seen.ignored
    assert not world.operator.told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.fixed_dictionaries(
    {}, optional={"source": st.just("aws.ses") | JSON, "detail-type": st.just("Sending Status Disabled") | JSON,
                  "resources": JSON, "detail": JSON}
)  # fmt: skip


@given(JSON | FIELDS)
def test_any_json_is_taken_without_an_exception(event):
    read_hint(event)
    assert follow(event, World().outside, NOW).ignored


def test_dying_anywhere_loses_no_message_and_repeats_at_most_one():
    """M1."""
    for call, after in deaths(lambda counter: watch(killing(World(), counter), NOW)):
        world = World()
        with pytest.raises(Killed):
            watch(killing(world, CallCounter(call, after=after)), NOW)
        watch(world.outside, NOW + timedelta(hours=1))
        watch(world.outside, NOW + timedelta(hours=2))
        assert 1 <= len(world.operator.told) <= 2, (call, after)


def killing(world, counter):
    world.reputation.views[bakery(world)] = PAUSED
    return world.through(counter.wrap)


def test_what_cannot_be_read_is_an_error_and_no_all_clear():
    world = World()
    world.reputation.views[bakery(world)] = PAUSED
    look(world)
    world.reputation.down = True
    seen = look(world)
    assert "503" in seen.errors[0]
    assert len(world.operator.told) == 1


def test_a_note_that_is_broken_is_written_anew():
    world = World()
    world.archive.plant(f"{PREFIX}bakery.json", b"{broken")
    world.reputation.views[bakery(world)] = FOUND
    assert look(world).changed == ("bakery",)
    assert look(world).changed == ()


def test_a_tenant_and_its_domain_are_shown_together():
    world = World()
    manifest = world.manifests["bakery"]
    identity = "arn:aws:ses:eu-central-1:123456789012:identity/bakery.example"
    dmarc = AwsView(findings=(AwsFinding(kind="DMARC", impact="LOW", text="No DMARC record"),))
    view = view_of(manifest, {manifest.ses_tenant_arn: PAUSED, identity: dmarc, "other": FOUND})
    assert view == AwsView(paused=True, cause=PAUSED.cause, findings=dmarc.findings)
    assert len(words(view)) == 2
    assert view_of(manifest, {}) == CLEAR


def test_a_dry_run_may_look():
    assert read_only(World().outside).reputation.everything() == {}


def test_an_audit_of_everybody_tells_and_shows_it_and_one_of_some_does_not():
    world = World("bakery", "florist")
    world.reputation.views[bakery(world)] = PAUSED
    assert audit(["florist"], world.outside, NOW, Settings()).complete
    audit(["bakery", "florist"], world.outside, NOW, Settings(dry_run=True))
    assert not world.operator.told
    report = audit(["bakery", "florist"], world.outside, NOW, Settings())
    assert report.complete
    assert "bakery: Amazon SES itself has paused sending: bounce rate above 15 %" in alerts(report)
    assert [subject for subject, _ in world.operator.told] == ["bakery: Amazon SES has paused this tenant"]
    world.reputation.down = True
    report = audit(["bakery", "florist"], world.outside, NOW, Settings())
    assert not report.complete
    assert any("could not be read" in line for line in alerts(report))
    assert len(report.judged) == 2


def test_a_run_in_batches_looks_once_and_shows_it():
    world = World("bakery", "florist")
    world.reputation.views[bakery(world)] = PAUSED
    settings = Settings(run="w48")
    for tenant in ("bakery", "florist"):
        judge_batch([tenant], world.outside, NOW, settings, batch=tenant)
    reads = world.reputation.reads
    decision = count(world.outside, NOW, settings)
    assert world.reputation.reads == reads + 1
    assert decision.amazon.views == {"bakery": PAUSED}
    assert count(world.outside, NOW, settings) == decision


def test_an_account_under_review_is_told_with_each_tenants_share():
    """The account guard: Amazon's own rates against the shares of the tenants."""
    world = World("bakery", "florist")
    world.account.state = msgspec.structs.replace(world.account.state, enforcement="PROBATION")
    world.account.measured = AccountRates(bounce_rate=0.03)
    the = world.manifests["bakery"]
    world.publish("bakery", *(bounce(the, f"gone{n}@mail{n}.test") for n in range(3)))
    collect_all(["bakery"], world.outside, Drain(clock=ticking(), threads=1), fast=False)
    audit(["bakery", "florist"], world.outside, NOW + timedelta(hours=1), Settings())
    told = dict(world.operator.told)
    assert "bakery 100 %" in told["The account's bounce or complaint rate is near Amazon's limit"]
    assert "PROBATION" in told["AWS has put the account under review"]
