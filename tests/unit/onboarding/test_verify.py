from datetime import UTC, datetime, timedelta

from provisioner.model.tenant import Dmarc, Dns, Tenant
from provisioner.onboarding.records import dmarc_value, expected_records
from provisioner.onboarding.verify import Answer, IdentityState, verify

NOW = datetime(2026, 11, 25, tzinfo=UTC)
BAKERY = Tenant(id="bakery", name="Bakery", domain="bakery.example", contacts=("anna@home.example",))
TOKENS = ("aaa", "bbb", "ccc")
RECORDS = expected_records(BAKERY, "eu-central-1", TOKENS, "dkim.amazonses.com")
SERVERS = ("ns-1.example.", "ns-2.example.")
READY = IdentityState(exists=True, tokens=TOKENS, dkim="SUCCESS", verified=True, mail_from="SUCCESS")


class Answers:
    """DNS as a table; by default it answers exactly what is needed."""

    def __init__(self, servers=SERVERS, **changes):
        self.table = {(r.name, r.type): (r.value,) for r in RECORDS}
        self.table |= {tuple(key.split(" ")): value for key, value in changes.pop("table", {}).items()}
        self.servers = servers

    def ask(self, name, kind):
        return Answer(self.table.get((name, kind), ()))

    def nameservers(self, domain):
        return Answer(self.servers)


def failing(resolver, identity=READY, tenant=BAKERY, **more):
    result = verify(tenant, RECORDS, identity, resolver, zone_servers=SERVERS, now=NOW, **more)
    return [check for check in result.checks if not check.ok], result.ready


def test_a_complete_domain_is_ready():
    assert failing(Answers()) == ([], True)


def test_spelling_of_host_names_does_not_matter():
    assert failing(Answers(table={"aaa._domainkey.bakery.example CNAME": ("AAA.DKIM.amazonses.com.",)})) == ([], True)


def test_a_missing_delegation_names_both_sets_of_servers():
    """E10"""
    (check,), ready = failing(Answers(servers=("old.example.",)))
    assert not ready
    assert (check.expected, check.found) == ("ns-1.example, ns-2.example", "old.example")


def test_a_second_mx_or_spf_is_told():
    checks, _ = failing(Answers(table={
        "bounce.bakery.example MX": ("10 feedback-smtp.eu-central-1.amazonses.com", "10 mail.bakery.example"),
        "bounce.bakery.example TXT": (),
    }))  # fmt: skip
    assert [check.name for check in checks] == ["MX bounce.bakery.example", "TXT bounce.bakery.example"]


def test_the_owners_own_stricter_dmarc_policy_will_do_but_two_will_not():
    name = "_dmarc.bakery.example TXT"
    assert failing(Answers(table={name: ("v=DMARC1; p=reject",)}))[1]
    assert not failing(Answers(table={name: ("v=DMARC1; p=none", "v=DMARC1; p=reject")}))[1]


def test_after_72_hours_it_says_how_to_start_over():
    identity = IdentityState(exists=True, tokens=TOKENS, dkim="FAILED", mail_from="PENDING")
    checks, _ = failing(Answers(), identity, created=NOW - timedelta(hours=73))
    assert any("--restart" in check.cure for check in checks)
    assert any("stopped looking" in check.cure for check in checks)


def test_outside_dns_has_no_delegation_to_check():
    external = Tenant(id="bakery", name="B", domain="bakery.example", contacts=("a@h.example",), dns=Dns.EXTERNAL)
    assert failing(Answers(servers=()), tenant=external)[1]


def test_dmarc_is_never_strict_on_spf():
    dmarc = Dmarc(policy="reject", percent=50, reports="d@b.example")
    tenant = Tenant(id="b", name="B", domain="b.example", contacts=(), dmarc=dmarc)
    assert dmarc_value(tenant) == "v=DMARC1; p=reject; pct=50; rua=mailto:d@b.example"
