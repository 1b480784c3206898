"""Who guesses addresses is found; who only looks like it is left alone."""

import random
from datetime import timedelta

import pytest
from rules_events import NOW, delivered, event, finding, judged, many, names

from provisioner.model.event import Kind
from provisioner.model.standing import State
from provisioner.rules import clock, guessing, resolve_policy
from provisioner.rules.shapes import guessable, in_runs, is_joined_name, is_separated_name, plain

DAY = timedelta(days=1)
PEOPLE = [
    "anna.meier",
    "b.huber",
    "carla.rossi",
    "d.lopez",
    "emil.zola",
    "f.lang",
    "gina.moser",
    "h.weber",
    "ines.bauer",
    "j.maier",
    "karl.otto",
    "l.fuchs",
    "mara.klein",
    "n.wolf",
]
NOISE = [f"x{i:02d}qzkvbw{i * 7919:05d}" for i in range(1, 15)]


def unknown(locals_, domain="acme.example", *, ago=DAY, status="5.1.1", **more):
    return [event(Kind.HARD, f"{local}@{domain}", ago=ago, status=status, **more) for local in locals_]


def reached(locals_):
    return [event(Kind.DELIVERY, f"{local}@acme.example", ago=3 * DAY) for local in locals_]


CASES = {
    "nine": (unknown(PEOPLE[:9]), False),
    "ten": (unknown(PEOPLE[:10]), True),
    "ten, said by sub-type": (unknown(PEOPLE[:10], status="", subtype="NoEmail"), True),
    "ten refused for another reason": (unknown(PEOPLE[:10], status="5.2.1"), False),
    "ten, eight days ago": (unknown(PEOPLE[:10], ago=8 * DAY), True),
    "ten, before every window": (unknown(PEOPLE[:10], ago=29 * DAY), False),
    "ten within seven days": (unknown(PEOPLE[:5], ago=9 * DAY) + unknown(PEOPLE[5:10], ago=2 * DAY), True),
    "ten within eight days": (unknown(PEOPLE[:5], ago=9.1 * DAY) + unknown(PEOPLE[5:10], ago=2 * DAY), False),
    "ten, and much mail there the days before": (
        unknown(PEOPLE[:10]) + delivered(9, domain="acme.example", ago=6 * DAY),
        False,
    ),
    "ten, and much mail there long before": (
        unknown(PEOPLE[:10]) + delivered(9, domain="acme.example", ago=12 * DAY),
        True,
    ),
    "ten over six days, and much mail there long before": (
        unknown(PEOPLE[:5], ago=7 * DAY) + unknown(PEOPLE[5:10]) + delivered(9, domain="acme.example", ago=10 * DAY),
        True,
    ),
    "ten over six days, and much mail there long after": (
        unknown(PEOPLE[:5], ago=14 * DAY)
        + unknown(PEOPLE[5:10], ago=8 * DAY)
        + delivered(9, domain="acme.example", ago=3 * DAY),
        True,
    ),
    "ten, of whom one took mail before": (unknown(PEOPLE[:10]) + reached(PEOPLE[:1]), True),
    "ten, of whom two took mail before": (unknown(PEOPLE[:10]) + reached(PEOPLE[:2]), False),
    "twelve of 20 sent there": (unknown(PEOPLE[:12]) + delivered(8, domain="acme.example"), True),
    "ten of 16 sent there": (unknown(PEOPLE[:10]) + delivered(6, domain="acme.example"), True),
    "ten of 17 sent there": (unknown(PEOPLE[:10]) + delivered(7, domain="acme.example"), False),
    "half of the names are noise": (unknown(PEOPLE[:6] + NOISE[:6]), True),
    "most of the names are noise": (unknown(PEOPLE[:5] + NOISE[:7]), False),
    "role words": (
        unknown(["info", "sales", "office", "support", "admin", "hr", "billing", "kontakt", "press", "jobs"]),
        True,
    ),
    "numbered": (unknown([f"kunde{i}" for i in range(100, 112)]), True),
    "counted through the alphabet": (unknown("abcdefghijkl"), True),
    "free mail": (unknown(PEOPLE, "gmx.net"), False),
    "disposable": (unknown(PEOPLE, "mailinator.com"), False),
    "at two domains": (unknown(PEOPLE[:7]) + unknown(PEOPLE[:7], "duff.example"), False),
    "bounced again and again": (unknown(PEOPLE[:3]) * 5 + unknown(PEOPLE[:3]), False),
}


@pytest.mark.parametrize(("events", "guessing"), CASES.values(), ids=CASES)
def test_guessing(events, guessing):
    verdict = judged(events, delivered(400))
    assert (names(verdict) == ["suspend guessing", "propose guessing"]) is guessing
    assert verdict.after is (State.SUSPENDED if guessing else verdict.after)


def test_a_shop_whose_list_has_aged_is_not_guessing():
    """Its dead addresses lie at free-mail providers and one by one at companies."""
    dead = unknown(PEOPLE, "outlook.com") + [one for i in range(14) for one in unknown([PEOPLE[i]], f"firm{i}.example")]
    assert not [name for name in names(judged(dead, delivered(3_000))) if "guessing" in name]


def test_a_school_that_writes_to_its_own_people_is_not_guessing():
    new_pupils = unknown(
        [f"{first}.{last}" for first in ("ann", "ben", "cem") for last in ("au", "bo", "cy", "du")], "school.example"
    )
    assert names(judged(new_pupils, delivered(400), domain="school.example")) == []
    pupils = unknown(
        [f"{first}.{last}" for first in ("ann", "ben", "cem") for last in ("au", "bo", "cy", "du")],
        "pupils.school.example",
    )
    assert names(judged(pupils, delivered(400), domain="school.example")) == []
    assert "suspend guessing" in names(judged(new_pupils, delivered(400), domain="bakery.example"))


def test_an_organisation_whose_server_died_is_not_guessing():
    """All local parts fail, also those that took mail before."""
    before = [event(Kind.DELIVERY, f"{local}@acme.example", ago=20 * DAY) for local in PEOPLE[:4]]
    verdict = judged(before, unknown(PEOPLE), delivered(400))
    assert names(verdict) == []
    assert "server changed or died" in finding(verdict, "guessing").sentence
    earlier = judged(before, now=NOW - 10 * DAY)  # known from a judgement before
    assert names(judged(unknown(PEOPLE), delivered(400), standing=earlier.standing)) == []


def test_a_guesser_whom_two_audits_cut_in_two_is_found():
    first = judged(unknown(PEOPLE[:7], ago=timedelta(hours=1)), delivered(400), now=NOW)
    assert "suspend guessing" not in names(first)
    second = judged(unknown(PEOPLE[7:], ago=-timedelta(hours=9)), standing=first.standing, now=NOW + 7 * DAY)
    assert "suspend guessing" in names(second)


def test_termination_may_be_automatic():
    policy = resolve_policy("standard", {"guessing.terminate": "auto"})
    verdict = judged(unknown(PEOPLE), delivered(400), policy=policy)
    assert (verdict.after, names(verdict)) == (State.TERMINATED, ["terminate guessing"])


def test_many_guesses_among_much_mail_there_are_estimated():
    """Above 64 mails to one domain the share is an estimate; 300 of 360 is guessing, 300 of 1,200 is not."""
    people = [
        f"{first}.{last}"
        for first in PEOPLE[:15]
        for last in (f"n{chr(97 + i)}{chr(97 + j)}" for i in range(5) for j in range(5))
    ]
    guessed = unknown([one.replace(".", "", 1) for one in people][:300])
    good = resolve_policy("standard", {"hard.tenant.large.suspend_share": 1.0, "hard.tenant.large.warn_share": 1.0})
    rest = delivered(2_000)
    assert "suspend guessing" in names(judged(guessed, delivered(60, domain="acme.example"), rest, policy=good))
    assert "suspend guessing" not in names(judged(guessed, delivered(900, domain="acme.example"), rest, policy=good))


SHAPES = {
    "anna.meier": "names",
    "a.meier": "names",
    "anna_meier": "names",
    "anna-maria.meier": "names",
    "annameier": "names",
    "ameier": "names",
    "josé.muñoz": "names",
    "Jürgen.Groß": "names",
    "anna.meier+shop": "names",
    "ł.kowalski": "names",
    "anna.meier2": "names",
    "otto": "names",
    "ott": None,
    "bcdfa": "names",
    "strng": None,
    "aeiou12": "names",
    "aeiou123": None,
    "abcdfghkl": None,
    "schmidtbeck": "names",
    "thlrstm": None,
    "info": "role words",
    "Kontakt": "role words",
    "sales2": "role words",
    "a.b": None,
    "x9kq2z": None,
    "qwrtzpsdf": None,
    "123456": None,
    "": None,
    "+": None,
    "order-2211984": None,
    "日本": None,
}


@pytest.mark.parametrize(("local", "shape"), SHAPES.items())
def test_shapes(local, shape):
    assert guessable([local]) == ({local: shape} if shape else {})


RUNS = {
    "three in a row": (["u1", "u2", "u3"], {"u1", "u2", "u3"}),
    "two are chance": (["u1", "u2"], set()),
    "every other one exists": (["u1", "u3", "u5"], {"u1", "u3", "u5"}),
    "far apart": (["u1", "u9", "u17"], set()),
    "leading zeros": (["c001x", "c001", "c002", "c003"], {"c001", "c002", "c003"}),
    "letters": (["a", "b", "c", "x"], {"a", "b", "c"}),
    "last letters": (["ab-a", "ab-b", "ab-c"], {"ab-a", "ab-b", "ab-c"}),
    "very long numbers": (["1" * 400, "2", "3"], set()),
}


@pytest.mark.parametrize(("locals_", "counted"), RUNS.values(), ids=RUNS)
def test_runs(locals_, counted):
    assert {local for local, why in guessable(locals_).items() if why == "counted up"} == counted - {
        local for local, why in guessable(locals_).items() if why == "names"
    }
    assert not {local for local in locals_ if local not in counted} & {
        local for local, why in guessable(locals_).items() if why == "counted up"
    }


def test_a_name_that_counts_up_is_called_so():
    assert guessable(["otto1", "otto2", "otto3", "anna"]) == {
        "otto1": "counted up",
        "otto2": "counted up",
        "otto3": "counted up",
        "anna": "names",
    }
    assert plain("Xaver") == "xaver"


def test_too_many_organisations_to_know_the_share_is_said(monkeypatch):
    monkeypatch.setattr("provisioner.rules.correspondence.DOMAINS", 3)
    many_firms = [one for i in range(40) for one in many(Kind.DELIVERY, 1, domain=f"firm{i}.example")]
    verdicts = [judged(many_firms, unknown(PEOPLE, f"guess{i}.example"), delivered(400)) for i in range(6)]
    said = [finding(verdict, "guessing") for verdict in verdicts]
    assert all(one is not None for one in said)
    assert any("too many organisations" in one.sentence for one in said)


def test_thousands_of_strangers_at_one_domain_are_judged_by_a_few_weeks():
    """C15: robots sign up whom they like; each bounce begins a week of its own, and not every one is looked at."""
    rng = random.Random(5)  # noqa: S311
    times = sorted(rng.randrange(27 * clock.DAY) for _ in range(3_000))
    unknown = {f"x{n}q@firm.example": (when, f"e{n}", "5.1.1") for n, when in enumerate(times)}
    weeks = guessing._weeks(unknown, 7)
    assert len(weeks) <= 28
    assert [len(week) for week in weeks] == sorted(map(len, weeks), reverse=True)
    assert len(weeks[0]) == max(sum(start <= when <= start + 7 * clock.DAY for when in times) for start in times)
    for week in weeks:
        same_day = [start for start in times if start // clock.DAY == week[0][1][0] // clock.DAY]
        assert len(week) == max(sum(start <= when <= start + 7 * clock.DAY for when in times) for start in same_day)
    assert all(week[-1][1][0] - week[0][1][0] <= 7 * clock.DAY for week in weeks)


@pytest.mark.parametrize(
    ("locals_", "found"),
    [
        ("user1 user2 user3", "user1 user2 user3"),
        ("user1 user3 user5", "user1 user3 user5"),
        ("user1 user4 user7", ""),
        ("user1 user2 user9", ""),
        ("a b c", "a b c"),
        ("team-a team-b team-c", "team-a team-b team-c"),
        ("ab ac ad", ""),
        ("team-a crew-b band-c", ""),
        ("x-a x_b x.c", ""),
        ("x_a x_b x_c", "x_a x_b x_c"),
        ("x.a x.b x.c", "x.a x.b x.c"),
        ("x y z", "x y z"),
        ("x-^ x-_ x-`", ""),
        ("a1 b2 c3", ""),
        ("a1 a2 a3 b7 b8 b9", "a1 a2 a3 b7 b8 b9"),
        ("1234567890123456781 1234567890123456782 1234567890123456783", ""),  # no human counts so far
    ],
)
def test_runs_are_three_in_a_row_with_gaps_of_one(locals_, found):
    assert in_runs(locals_.split()) == set(found.split())


@pytest.mark.parametrize(
    ("local", "separated", "joined"),
    [
        ("f.li", True, False),
        ("a.b", False, False),
        ("anna.meier", True, False),
        ("church", False, True),  # one vowel in six letters
        ("church12", False, True),
        ("Xaver", False, True),
        ('"anna.meier"', True, False),
        ("schultz", False, False),  # ... in seven: taken for noise, the milder mistake
        ("aeiobcdfg", False, False),  # five consonants in a row
        ("anna", False, True),
        ("ann", False, False),
    ],
)
def test_shapes_of_names(local, separated, joined):
    assert (is_separated_name(local), is_joined_name(local)) == (separated, joined)


TENTHS = {  # address -> in which tenth of a day it bounced
    "a": 0, "b": 5, "c": 30, "d": 72, "e": 90, "f": 91, "g": 200, "h": 209, "i": 275, "j": 276,
}  # fmt: skip


def weeks(**tenths):
    bounced = {name: (when * clock.DAY // 10, f"e{name}", "5.1.1") for name, when in tenths.items()}
    return ["".join(name for name, _ in week) for week in guessing._weeks(bounced, 7)]


def test_a_stretch_is_the_fullest_that_begins_on_its_day_and_holds_somebody_new():
    assert weeks(**TENTHS) == ["cdef", "abc", "hij"]
    assert weeks(**dict(reversed(TENTHS.items()))) == ["cdef", "abc", "hij"]
    assert weeks(z=0, y=70) == ["zy"]
    assert weeks(z=0, y=71) == ["z", "y"]
    assert weeks(z=3) == ["z"]
    assert weeks() == []


def test_each_organisation_is_judged_whatever_is_found_at_the_others():
    found = judged(
        unknown(PEOPLE, "gmx.net"), unknown(PEOPLE, "harbour.example"), unknown(PEOPLE, "zebra.example"), delivered(99)
    )
    told = [one.evidence for one in found.findings if one.evidence.rule == "guessing"]
    assert [one.numbers["domain"] for one in told] == ["harbour.example", "zebra.example"]


def test_unknown_users_at_a_provider_are_not_even_mentioned():
    assert finding(judged(unknown(PEOPLE, "gmx.net"), delivered(400)), "guessing") is None


def test_ones_own_domain_hides_no_other():
    found = judged(unknown(PEOPLE, "a.example"), unknown(PEOPLE, "zebra.example"), delivered(400), domain="a.example")
    assert finding(found, "guessing").numbers["domain"] == "zebra.example"
