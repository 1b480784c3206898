"""E3, E9: taking over what exists and is not in the state."""

import pytest

from provisioner.model.names import Place, PlatformNames
from provisioner.model.tenant import Dns, Tenant
from provisioner.onboarding.adopt import Existing, ForeignError, Sought, addresses, adopt, imports

NAMES = PlatformNames("innkeeper", Place("123456789012", "eu-central-1")).tenant("bakery")
BAKERY = Tenant(id="bakery", name="Bakery", domain="bakery.example", contacts=("a@mail.example",))
ELSEWHERE = Tenant(
    id="bakery", name="Bakery", domain="bakery.example", contacts=("a@mail.example",), dns=Dns.EXTERNAL
)


class Fake:
    """AWS with some things in it, by kind."""

    def __init__(self, there: dict[str, Existing], records=(), tokens=()) -> None:
        self.there, self._records, self._tokens = there, set(records), tuple(tokens)
        self.asked: list[str] = []

    def find(self, thing: Sought) -> Existing | None:
        self.asked.append(thing.kind)
        return self.there.get(thing.kind)

    def tokens(self, domain: str) -> tuple[str, ...]:
        return self._tokens

    def records(self, zone: str):
        return self._records


def test_a_complete_state_asks_nothing() -> None:
    fake = Fake({})
    assert adopt(BAKERY, NAMES, fake, addresses(BAKERY, NAMES)) == []
    assert fake.asked == []


def test_nothing_there_nothing_taken() -> None:
    assert adopt(BAKERY, NAMES, Fake({}), []) == []


def test_only_what_is_missing_in_the_state_is_taken() -> None:
    fake = Fake({"user": Existing("u"), "queue": Existing("https://q")})
    assert adopt(BAKERY, NAMES, fake, ["module.tenant.aws_iam_user.smtp"]) == [
        ("module.tenant.aws_sqs_queue.feedback", "https://q")
    ]


def test_records_of_our_zone_are_taken_by_their_names() -> None:
    fake = Fake(
        {"zone": Existing("Z1", "innkeeper/bakery")},
        records=[("CNAME", "one._domainkey.bakery.example"), ("TXT", "_dmarc.bakery.example"), ("A", "bakery.example")],
        tokens=("one", "two", "three"),
    )
    assert adopt(BAKERY, NAMES, fake, []) == [
        ('module.tenant.aws_route53_record.this["dkim-1"]', "Z1_one._domainkey.bakery.example_CNAME"),
        ('module.tenant.aws_route53_record.this["dmarc"]', "Z1__dmarc.bakery.example_TXT"),
        ('module.tenant.aws_route53_zone.this["this"]', "Z1"),
    ]


def test_records_without_an_identity_yet() -> None:
    fake = Fake({"zone": Existing("Z1", "innkeeper/bakery")}, records=[("MX", "bounce.bakery.example")])
    assert ('module.tenant.aws_route53_record.this["mail-from"]', "Z1_bounce.bakery.example_MX") in adopt(
        BAKERY, NAMES, fake, []
    )


@pytest.mark.parametrize("kind", ["zone", "identity"])
@pytest.mark.parametrize("owner", [None, "innkeeper/florist", "somebody's"])
def test_a_domain_that_may_be_anybodys_is_not_taken(kind: str, owner: str | None) -> None:
    with pytest.raises(ForeignError, match=r"bakery\.example already") as caught:
        adopt(BAKERY, NAMES, Fake({kind: Existing("X1", owner)}), [])
    assert f"--adopt {kind}" in caught.value.hint
    assert adopt(BAKERY, NAMES, Fake({kind: Existing("X1", owner)}), [], allowed=[kind])


def test_dns_elsewhere_has_no_zone_to_look_for() -> None:
    fake = Fake({"zone": Existing("Z1", "somebody's")})
    assert adopt(ELSEWHERE, NAMES, fake, []) == []
    assert "zone" not in fake.asked


def test_imports_is_sorted_and_leaves_out_what_is_known() -> None:
    assert imports({"b.b": "2", "a.a": "1", "c.c": "3"}, ["module.tenant.c.c"]) == [
        ("module.tenant.a.a", "1"),
        ("module.tenant.b.b", "2"),
    ]
