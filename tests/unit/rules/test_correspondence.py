"""The mail per organisation's domain: exact while there is little, the smallest hashes when there is more."""

from array import array

import pytest

from provisioner.rules import correspondence
from provisioner.rules.clock import HOUR
from provisioner.rules.correspondence import Domain, Domains, mail, pack, unpack
from provisioner.rules.sample import RANGE, token

QUARTER = RANGE // 4


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(correspondence, "MAILS_EACH", 3)
    monkeypatch.setattr(correspondence, "DOMAINS", 2)


def filled(*events, who=None):
    domain = Domain()
    for hour, event in enumerate(events):
        domain.add(event, mail(hour, who))
    return domain


def test_a_domain_keeps_the_smallest_hashes_once_there_are_twice_as_many():
    six = filled(50, 40, 60, 20, 10, 30)
    assert (sorted(six.mails), six.below) == ([10, 20, 30, 40, 50, 60], RANGE)
    seven = filled(50, 40, 60, 20, 10, 30, 70)
    assert (sorted(seven.mails), seven.below) == ([10, 20, 30], 31)
    seven.add(31, mail(9))
    seven.add(5, mail(9))
    assert sorted(seven.mails) == [5, 10, 20, 30]
    seven.cut()
    assert (sorted(seven.mails), seven.below) == ([5, 10, 20], 21)
    three = filled(3, 2, 1)
    three.cut()
    assert three.below == RANGE


def test_mails_told_twice_are_no_reason_to_estimate():
    domain = filled(3, 2, 1, 1, 2)
    domain.cut()
    assert (sorted(domain.mails), domain.below) == ([1, 2, 3], RANGE)


def test_of_a_mail_told_twice_the_delivery_and_the_later_hour_stay():
    domain = Domain()
    for one in (mail(5), mail(4, 7), mail(5, 2), mail(5, 1), mail(3)):
        domain.add(1, one)
    assert domain.mails == {1: mail(5, 2)}
    assert domain.reached() == {2: 5}


def test_mails_are_counted_by_the_hour_both_ends_included():
    domain = filled(1, 2, 3, 4, 5)  # at hours 0 to 4
    assert [domain.sent(a, b) for a, b in ((0, 4 * HOUR), (HOUR, 3 * HOUR), (2 * HOUR - 1, 2 * HOUR - 1))] == [5, 3, 1]
    assert [domain.sent(HOUR + 9, 3 * HOUR + 9), domain.sent(5 * HOUR, 9 * HOUR)] == [3, 0]


def test_of_many_mails_the_number_is_estimated_by_how_densely_they_lie():
    assert Domain({1: mail(0), 2: mail(1)}, below=QUARTER).sent(0, HOUR) == 8
    assert Domain({1: mail(0)}, below=3 * QUARTER).sent(0, HOUR) == 1  # 1.33
    assert Domain({1: mail(0)}, below=RANGE).sent(0, HOUR) == 1


def test_who_was_reached_is_known_by_the_first_hour():
    domain = Domain(
        {1: mail(9, 5), 2: mail(4, 5), 3: mail(6, 5), 4: mail(2), 5: mail(3, 0), 6: mail(8, 4), 7: mail(1, 6)}
    )
    assert domain.reached() == {5: 4, 0: 3, 4: 8, 6: 1}


NAMES = sorted((f"firm{i}.example" for i in range(9)), key=token)


def test_the_domains_with_the_smallest_hashes_are_remembered():
    domains = Domains()
    for name in reversed(NAMES[2:6]):
        domains.add(name, 1, mail(1))
    assert (len(domains.of), domains.below) == (4, RANGE)
    domains.add(NAMES[8], 1, mail(1))
    assert (sorted(domains.of, key=token), domains.below) == (NAMES[2:4], token(NAMES[3]) + 1)
    assert [domains.complete(name) for name in NAMES] == [True] * 4 + [False] * 5
    domains.add(NAMES[4], 1, mail(1))
    domains.add(NAMES[1], 1, mail(1))
    assert sorted(domains.of, key=token) == NAMES[1:4]
    domains.below = token(NAMES[3])
    assert not domains.complete(NAMES[3])
    del domains.of[NAMES[3]]
    domains.add(NAMES[3], 1, mail(1))
    domains.cut()
    assert (sorted(domains.of, key=token), domains.below) == (NAMES[1:3], token(NAMES[3]))


def test_the_hash_of_the_last_domain_kept_is_the_bound(monkeypatch):
    monkeypatch.setattr(correspondence, "DOMAINS", 3)
    domains = Domains()
    for name in NAMES[:4]:
        domains.add(name, 1, mail(1))
    domains.cut()
    assert domains.below == token(NAMES[2]) + 1


def rows(*mails, since=0):
    domains = Domains()
    domains.add_delivered("b.c", since, mails)
    return domains.of["b.c"]


def test_deliveries_in_rows_are_remembered_as_single_ones():
    found = rows((1, HOUR, "a"), (2, 2 * HOUR, "b"), (1, 3 * HOUR, "a"), (2, HOUR, "c"), since=10 * HOUR - 1)
    assert found.mails == {1: mail(12, token("a@b.c")), 2: mail(11, token("b@b.c"))}
    assert all(type(one) is int for one in found.mails.values())
    assert sorted(rows(*((n, 0, "a") for n in range(6))).mails) == list(range(6))
    seven = rows(*((n, 0, "a") for n in (6, 5, 4, 3, 2, 1, 0, 3)))
    assert (sorted(seven.mails), seven.below) == ([0, 1, 2], 3)
    unknown = Domains()
    unknown.below = 0
    unknown.add_delivered("b.c", 0, [(1, 0, "a")])
    unknown.add("b.c", 1, mail(1))
    assert unknown.of == {}


def test_the_oldest_hour_is_kept_whole_and_what_is_older_forgotten():
    domains = Domains()
    for event, hour in enumerate((3, 4, 5)):
        domains.add("b.c", event, mail(hour))
        domains.add("old.c", event, mail(1))
    domains.prune(4 * HOUR + 9)
    assert {name: domain.mails for name, domain in domains.of.items()} == {"b.c": {1: mail(4), 2: mail(5)}}
    domains.below = 7
    domains.prune(5 * HOUR)
    assert domains.below == 7
    domains.prune(6 * HOUR)
    assert (domains.of, domains.below) == ({}, RANGE)


def test_both_forms_survive_storing():
    domains = Domains()
    domains.of = {"b.c": filled(2, 1, who=7), "a.c": Domain({9: mail(3)}, below=10)}
    domains.below = 99
    again = Domains.load(domains.dump())
    assert [(name, one.mails, one.below) for name, one in again.of.items()] == [
        ("a.c", {9: mail(3)}, 10),
        ("b.c", {1: mail(1, 7), 2: mail(0, 7)}, RANGE),
    ]
    assert again.below == 99
    assert domains.dump()["of"]["b.c"][0] == 2
    assert list(unpack(domains.dump()["of"]["b.c"][1])) == [1, 1, 7, 2, 0, 7]
    assert list(unpack(domains.dump()["of"]["a.c"][1])) == [9, 3, -1]


def test_a_standing_is_the_same_on_a_machine_that_stores_the_highest_byte_first(monkeypatch):
    here = pack(array("q", [1, -1]))
    monkeypatch.setattr("provisioner.rules.correspondence.sys.byteorder", "big")
    assert pack(array("q", [1 << 56, -1])) == here  # as such a machine holds 1
    assert list(unpack(here)) == [1 << 56, -1]


@pytest.mark.parametrize("cut", [8, 16])
def test_a_part_that_lacks_numbers_is_refused(cut):
    whole = pack(unpack(Domains.dump(_one())["of"]["b.c"][1])[: cut // 8])
    with pytest.raises(ValueError, match="zip"):
        Domains.load({"below": RANGE, "of": {"b.c": [1, whole]}})


def _one():
    domains = Domains()
    domains.add("b.c", 1, mail(1))
    return domains
