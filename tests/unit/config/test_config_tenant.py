"""One tenant file: every check, with its place, its code and what to do."""

import pytest

from provisioner.config.tenant import RESERVED_IDS, parse_tenant
from provisioner.model.names import Place, PlatformNames
from provisioner.model.tenant import Conduct, Credentials, Dmarc, Dns, Tenant

FULL = """\
id: cinema
name: School Cinema
domain: Kino.Schule.example
contacts:
  - club@kino.schule.example
  - Head@Office.example
  - Head@office.example
dns: external
sending:
  from: tickets@KINO.schule.example
  from_name: Kino
  mail_from: back
  source_ips: [192.0.2.10, 2001:db8::/32]
  restrict_from: true
dmarc: {policy: reject, percent: 50, reports: dmarc@office.example}
credentials: {reader_role: "arn:aws:iam::123456789012:role/kino/site", rotate_every_days: 90}
conduct:
  profile: strict
  overrides: {hard: {suspend: 3}, soft.days: 2}
ses_tenant: false
"""
LINES = {
    "id": "id: bakery",
    "name": "name: Bakery",
    "domain": "domain: bakery.example",
    "contacts": "contacts: [anna@mail.example]",
}


def problems(**changes):
    """Problems of a good file with lines replaced, added or (None) left out."""
    lines = [line for line in (LINES | changes).values() if line is not None]
    reading = parse_tenant("tenants/bakery.yaml", "\n".join(lines).encode()).reading
    return [str(problem).removeprefix("tenants/bakery.yaml:") for problem in reading.problems]


def test_every_key_reaches_the_tenant():
    assert parse_tenant("tenants/cinema.yaml", FULL.encode()).tenant == Tenant(
        id="cinema",
        name="School Cinema",
        domain="kino.schule.example",
        contacts=("club@kino.schule.example", "Head@office.example"),
        dns=Dns.EXTERNAL,
        from_address="tickets@kino.schule.example",
        from_name="Kino",
        mail_from="back",
        dmarc=Dmarc(policy="reject", percent=50, reports="dmarc@office.example"),
        credentials=Credentials(reader_role="arn:aws:iam::123456789012:role/kino/site", rotate_every_days=90),
        conduct=Conduct(profile="strict", overrides={"hard.suspend": 3, "soft.days": 2}),
        ses_tenant=False,
        source_ips=("192.0.2.10/32", "2001:db8::/32"),
        restrict_from=True,
        file="tenants/cinema.yaml",
    )


def test_four_keys_are_enough():
    tenant = parse_tenant("tenants/bakery.yaml", "\n".join(LINES.values()).encode()).tenant
    assert tenant == Tenant(
        id="bakery", name="Bakery", domain="bakery.example", contacts=("anna@mail.example",), file="tenants/bakery.yaml"
    )
    assert tenant.sender == "wordpress@bakery.example"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, "1:1: name: is missing [C202]"),
        ({"name": "name:"}, "2:6: name: has no value [C203]"),
        ({"name": 'name: ""'}, "2:7: name: is empty [C207]"),
        ({"name": 'name: "  "'}, "2:7: name: is empty [C207]"),
        ({"name": f"name: {'x' * 101}"}, "2:7: name: is longer than 100 characters [C207]"),
        ({"name": "name: [a]"}, "2:7: name: expected one value, got a list or keys [C203]"),
        (
            {"more": "credentials: {reader_role: arn:aws:iam::123456789012:user/olga}"},
            "5:28: credentials.reader_role: must be the ARN of an IAM role, in full; got",
        ),
        (
            {"more": 'credentials: {reader_role: "arn:aws:iam::123456789012:role/*"}'},
            '5:28: credentials.reader_role: must be the ARN of an IAM role, in full; got "arn:aws:iam::123456789012:ro',
        ),
        (
            {"more": "credentials: {rotate_every_days: 7}"},
            "5:34: credentials.rotate_every_days: must be from 14 to 1000, got 7 [C206]",
        ),
        ({"more": "sendign: {}"}, '5:1: sendign: unknown key [C201] → did you mean "sending"?'),
        ({"more": "sending: {form: a}"}, '5:11: sending.form: unknown key [C201] → did you mean "from"?'),
        ({"more": "sending: x"}, "5:10: sending: expected keys and values below this one [C203] → indent"),
        ({"more": "zzz: 1"}, "5:1: zzz: unknown key [C201] → known: conduct, contacts, credentials, dmarc, dns, "),
        ({"contacts": "contacts: []"}, "4:11: contacts: needs 1 to 10 entries [C207]"),
        ({"contacts": "contacts: anna@mail.example"}, "4:11: contacts: expected a list [C203]"),
        ({"contacts": "contacts: [a@mail.example, b]"}, '4:28: contacts[1]: "b" is not an e-mail address [C303]'),
        ({"contacts": "contacts: [a@bakery.example, b@shop.bakery.example]"}, "4:11: contacts: all are on bakery"),
        (
            {"more": "sending: {from: a@mail.example}"},
            "5:17: sending.from: must be an address on bakery.example [C304]",
        ),
        ({"more": "sending: {from: a@x.bakery.example}"}, "5:17: sending.from: must be an address on bakery.example"),
        ({"more": "sending: {from: '${a}@bakery.example'}"}, "5:17: sending.from: the part before the @ holds unusual"),
        ({"more": "sending: {mail_from: a.b}"}, "5:22: sending.mail_from: must be one label"),
        ({"more": f"sending: {{mail_from: {'a' * 64}}}"}, "5:22: sending.mail_from: must be one label"),
        ({"more": "sending: {source_ips: [10.0.0.1]}"}, '5:24: sending.source_ips[0]: "10.0.0.1" is not a public'),
        ({"more": "sending: {source_ips: [192.0.2.1/24]}"}, '5:24: sending.source_ips[0]: "192.0.2.1/24" is not an'),
        ({"more": "sending: {source_ips: [0.0.0.0/0]}"}, "5:24: sending.source_ips[0]: stands for every address"),
        ({"more": "sending: {source_ips: ['::1']}"}, '5:24: sending.source_ips[0]: "::1" is not a public address'),
        ({"more": "sending: {source_ips: [server]}"}, '5:24: sending.source_ips[0]: "server" is not an IP address'),
        ({"more": "dns: route-53"}, '5:6: dns: must be one of route53, external; got "route-53" [C205] → did you'),
        ({"more": "dmarc: {policy: block}"}, "5:17: dmarc.policy: must be one of none, quarantine, reject"),
        ({"more": "dmarc: {percent: 101}"}, "5:18: dmarc.percent: must be from 0 to 100, got 101 [C206]"),
        ({"more": "dmarc: {reports: 'a!10m@b.example'}"}, "5:18: dmarc.reports: the part before the @ holds unusual"),
        ({"more": "conduct: {profile: lax}"}, "5:20: conduct.profile: must be one of friendly, standard, strict"),
        ({"id": "id: cinema"}, '1:5: id: the file is named "bakery.yaml", the id is "cinema" [C401]'),
    ],
)
def test_each_mistake_is_named_with_its_place(changes, expected):
    found = problems(**changes)
    assert len(found) == 1, found
    assert found[0].startswith(expected)


def test_all_mistakes_are_told_at_once():
    found = problems(name="name: no", domain="domain: localhost", contacts="contacts: [x]", more="dns: y\nzz: 1")
    assert sorted(line.split(" ")[0] for line in found) == ["2:7:", "3:9:", "4:12:", "5:6:", "6:1:"]


@pytest.mark.parametrize(
    "tenant_id", ["../x", "a/b", ".", "a", "Bakery", "bäckerei", "1a", "-a", "a_b", "a b", "a.b", "a" * 32, "a\\b"]
)
def test_ids_that_could_become_something_else(tenant_id):
    """F7: an id becomes a file name, an object key, an IAM name."""
    draft = parse_tenant(f"tenants/{tenant_id}.yaml", f"id: '{tenant_id}'".encode())
    assert any("[C301]" in str(problem) for problem in draft.reading.problems)


@pytest.mark.parametrize("tenant_id", sorted(RESERVED_IDS))
def test_ids_that_belong_to_the_platform(tenant_id):
    """``<prefix>-notices`` is the platform's configuration set, ``fleet/batches.json`` its list of tenants."""
    draft = parse_tenant(f"tenants/{tenant_id}.yaml", f"id: {tenant_id}".encode())
    assert any("is kept for the platform [C301]" in str(problem) for problem in draft.reading.problems)


def test_the_longest_names_fit():
    """F7: IAM and configuration sets take 64 characters, SQS and EventBridge 80, a bucket 63."""
    platform = PlatformNames("p" * 16, Place("123456789012", "ap-southeast-1"))
    names = platform.tenant("t" * 31)
    short = [getattr(names, name) for name in ("base", "configuration_set", "ses_tenant", "user", "queue", "topic")]
    short += [platform.function("sentinel"), platform.machine_role("collect"), platform.suspended_policy]
    short += [f"{names.base}-blocks-9"]
    assert max(map(len, short)) <= 64
    assert len(platform.bucket) <= 63
