"""What holds for any text and for any tenant (faults F2 to F6, method M6)."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies_hostile import HOSTILE, hostile_text

from provisioner.config.dump import dump_platform, dump_tenant
from provisioner.config.platform import parse_platform, parse_policy
from provisioner.config.problem import Problem
from provisioner.config.tenant import parse_tenant
from provisioner.model.tenant import Conduct, Dmarc, Dns, DrillPlan, Operator, Platform, StateStore, Tenant

KEYS = ["id", "name", "domain", "contacts", "dns", "sending", "dmarc", "conduct", "ses_tenant", "from", "source_ips",
        "overrides", "policy", "percent", "region", "operator", "sender", "state", "bucket", "<<", "x"]  # fmt: skip
VALUES = ["bakery", "bakery.example", "a@mail.example", "true", "no", "12", "~", "", "&a x", "*a", "!!int 3", "|", ">",
          '"', "'", "{", "[", "]", "}", "- a", "[a, b]", "{a: b}", "192.0.2.1", "2024-01-01", "---",
          "...", "? a"]  # fmt: skip

line = st.builds(
    lambda indent, key, value: f"{'  ' * indent}{key}: {value}",
    st.integers(0, 3),
    st.sampled_from(KEYS) | hostile_text(20),
    st.sampled_from(VALUES) | hostile_text(40),
)
any_text = st.lists(line, max_size=12).map("\n".join) | hostile_text(300)
any_bytes = any_text.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=200)

name_text = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=100).filter(
    str.strip
)
label = st.from_regex(r"[a-z]([a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
domain = st.lists(label, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))
local = st.from_regex(r"[A-Za-z0-9_+=-]{1,20}", fullmatch=True)


@st.composite
def tenants(draw):
    own = draw(domain)
    tenant_id = draw(st.from_regex(r"[a-z][a-z0-9-]{1,30}", fullmatch=True).filter(
        lambda text: text not in ("batches", "notices", "platform")))  # fmt: skip
    contacts = draw(st.lists(local, max_size=2, unique=True).map(lambda left: [f"{one}@{own}" for one in left]))
    return Tenant(
        id=tenant_id,
        name=draw(name_text),
        domain=own,
        contacts=(*contacts, "anna@mail.test-house.example.org"),
        dns=draw(st.sampled_from(Dns)),
        from_address=draw(st.just("") | local.map(lambda left: f"{left}@{own}")),
        from_name=draw(st.just("") | name_text),
        mail_from=draw(label),
        dmarc=Dmarc(
            policy=draw(st.sampled_from(["none", "quarantine", "reject"])),
            percent=draw(st.integers(0, 100)),
            reports=draw(st.none() | local.map(lambda left: f"{left}@mail.example")),
        ),
        conduct=Conduct(
            profile=draw(st.sampled_from(["friendly", "standard", "strict"])),
            overrides=draw(
                st.dictionaries(
                    st.from_regex(r"[a-z]{1,8}(\.[a-z-]{1,8})?", fullmatch=True),
                    st.integers(-5, 10**6) | st.decimals(0, 1, places=9).map(float) | st.booleans() | name_text,
                    max_size=3,
                ).filter(_no_prefix)
            ),
        ),
        ses_tenant=draw(st.booleans()),
        source_ips=draw(st.sampled_from([(), ("192.0.2.10/32",), ("198.51.100.0/24", "2001:db8::/32")])),
        restrict_from=draw(st.booleans()),
        file=f"tenants/{tenant_id}.yaml",
    )


def _no_prefix(overrides):
    return not any(other.startswith(f"{name}.") for name in overrides for other in overrides)


@given(any_bytes)
def test_any_bytes_give_a_tenant_or_problems(content):
    """F2 to F5: nothing raises, whatever the file holds; every problem fits on one printable line."""
    draft = parse_tenant("tenants/bakery.yaml", content)
    assert (draft.tenant is None) == bool(draft.reading.problems)
    for problem in draft.reading.problems:
        assert isinstance(problem, Problem)
        assert str(problem).isprintable()
        assert (problem.line, problem.column) >= (1, 1)


@given(any_bytes)
def test_any_bytes_give_a_platform_or_problems(content):
    draft = parse_platform("platform.yaml", content, {})
    assert (draft.platform is None) == bool(draft.reading.problems)


@given(any_bytes)
def test_any_bytes_give_a_policy_or_problems(content):
    values, problems = parse_policy("policies/house.yaml", content)
    assert isinstance(values, dict)
    assert all(str(problem).isprintable() for problem in problems)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(tenants())
def test_tenant_to_yaml_and_back(tenant):
    text = dump_tenant(tenant)
    draft = parse_tenant(tenant.file, text.encode())
    assert draft.reading.problems == []
    assert draft.tenant == tenant
    assert dump_tenant(draft.tenant) == text


@given(
    name_text,
    domain,
    st.booleans(),
    st.sampled_from([StateStore(), StateStore(bucket="a-bucket")]),
    st.builds(DrillPlan, monthly=st.booleans(), tenant=st.none() | st.just("bakery")),
)
def test_platform_to_yaml_and_back(name, sender, zone, state, drill):
    platform = Platform(
        region="eu-west-1", operator=Operator(name=name, email="e@mail.example"), sender=f"notices@{sender}",
        sender_zone=zone, state=state, drill=drill, policy={"a.b": 1}, file="platform.yaml",
    )  # fmt: skip
    text = dump_platform(platform)
    assert parse_platform("platform.yaml", text.encode()).platform == platform


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_appears_as_typed_or_is_refused_where_it_stands(text):
    """F5, F6, M6: written as JSON, which is YAML too, so that every character arrives."""
    content = (
        f"id: bakery\nname: {json.dumps(text)}\ndomain: bakery.example\ncontacts: [anna@mail.example]\n"
    ).encode()
    draft = parse_tenant("tenants/bakery.yaml", content)
    if draft.tenant is None:
        (problem,) = draft.reading.problems
        assert (problem.line, problem.column) == (2, 7) or problem.code == "C105"
        assert not text.isprintable() or len(text) > 100 or not text.strip()
    else:
        assert draft.tenant.name == text
