"""The verbs of the conduct loop on the embedded AWS: text, JSON, exit codes."""

import gzip
from datetime import UTC, datetime, timedelta

from provisioner.conduct.documents import read_standing
from provisioner.model.standing import State


def standing(house, tenant):
    return read_standing(house.outside.archive, tenant)[0]


def levers(house, tenant):
    return house.wiring.levers.read(house.manifests[tenant])


def test_from_feedback_to_a_suspension_and_back(troubled, ink, tmp_path):
    """collect, audit --dry-run, audit, status, explain, enforce, reinstate: each says what the next one builds on."""
    out, err = ink("collect")
    assert "bakery: 8 messages: 7 hard bounces\n" in out
    assert "cinema: 2 messages: 1 hard bounce\n" in out
    assert "florist: 4 messages: 3 deliveries\n" in out
    assert "3 of 3 queues read" in out
    assert err == ""

    out, _ = ink("audit", "--dry-run")
    assert "bakery: good → suspended" in out
    assert "→ block 7 addresses: guest0@mail0.test" in out
    assert "and 2 more" in out
    assert "nothing was changed" in out
    assert max(map(len, out.splitlines())) < 200
    compare(ink, tmp_path / "lenient.yaml")
    assert standing(troubled, "bakery").state is State.GOOD

    said = ink("audit", expect=2)[1]
    assert "add --yes" in said
    assert "bakery: good → suspended" in said
    assert levers(troubled, "bakery").set_enabled

    told = ink.json("audit", "--yes")
    changed = {one["tenant"]: one["after"] for one in told["verdicts"] if one["before"] != one["after"]}
    assert changed == {"bakery": "suspended"}
    assert standing(troubled, "bakery").enforcement.complete

    out, _ = ink("status")
    row = next(line for line in out.splitlines() if line.startswith("bakery "))
    assert row.split()[2:6] == ["suspended", f"{datetime.now(UTC):%Y-%m-%d}", "7", "no"]
    assert "innkeeper explain bakery" in out
    rows = {row["tenant"]: row for row in ink.json("status")}
    assert (rows["bakery"]["state"], rows["bakery"]["blocked"], rows["bakery"]["in_force"]) == ("suspended", 7, True)
    assert rows["florist"]["state"] == "good"

    out, _ = ink("explain", "bakery")
    assert "limits: suspend addresses 7" in out
    assert "innkeeper reinstate bakery --reason" in out
    out, _ = ink("explain", "cinema", "Gone@elsewhere.test")
    assert "cinema may not write to gone@elsewhere.test (hard)" in out
    assert "innkeeper unblock cinema" in out
    assert "is not blocked" in ink.json("explain", "cinema", "other@elsewhere.test")[0]

    reports(ink, tmp_path / "reports")
    assert ink("enforce", "--check")[0].count("AWS matches") == 3
    an_outage_is_undone(ink)
    out, _ = ink("reinstate", "bakery", "--reason", "list cleaned", "--by", "Ann", "--yes")
    assert "bakery: suspended → good" in out
    assert "read back from AWS: in force" in out
    assert levers(troubled, "bakery").set_enabled
    assert "by Ann: list cleaned" in ink("explain", "bakery")[0]
    somebody_is_forgotten(troubled, ink)


def somebody_is_forgotten(house, ink):
    """J1: shown first; then in no object and no version, and still blocked."""
    guest, bakery, (archive, versions) = "guest0@mail0.test", house.manifests["bakery"], stores(house)
    out, err = ink("forget", guest, expect=2)
    assert "  raw messages: 1 object" in err
    assert "add --yes" in err
    assert guest not in out + err
    assert guest in standing(house, "bakery").blocks

    told = ink.json("forget", guest, "--yes")
    assert {key.partition("/")[0] for key in told["found"]["objects"]} >= {"facts", "feedback", "standing", "verdicts"}
    assert told["left"] == {"objects": [], "old_versions": []}
    assert told["unreadable"] == {}
    bodies = [archive.get(key).body for key in archive.keys("")]
    bodies += [versions.read(*old) for old in versions.old("")]
    assert not [body for body in map(opened, bodies) if guest.encode() in body]
    assert "guest1@mail1.test" in standing(house, "bakery").blocks
    assert guest in house.wiring.blocklist.suppressed(bakery)
    ink("enforce", "bakery", "--check")
    assert "bakery may not write to guest0@mail0.test" in ink("explain", "bakery", guest)[0]
    assert "nothing names this address" in ink("forget", guest.upper())[0]
    assert "that is no e-mail address" in ink.fails("forget", "guest")


def stores(house):
    return house.wiring.archive, house.wiring.versions


def opened(body):
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def an_outage_is_undone(ink):
    """C5: what was blocked at one provider, and only there and then."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    given = ("--reason", "the provider was down", "--yes")
    line = ink.fails("unblock", "bakery", "--provider", "mail3.test", "--between", "2020-01-01", "2020-01-02", *given)
    assert "no rule blocked an address at mail3.test between 2020-01-01 00:00" in line
    out, _ = ink("unblock", "bakery", "--provider", "mail3.test", "--between", today, tomorrow, *given)
    assert "take guest3@mail3.test off the suppression list" in out
    assert ink.json("status", "bakery")[0]["blocked"] == 6
    for wrong in (("--provider", "mail4.test"), (), ("a@mail4.test", "--provider", "mail4.test")):
        assert "or --provider together with --between" in ink.fails("unblock", "bakery", *wrong, *given, expect=2)


def compare(ink, numbers):
    """Other numbers are compared, and nothing changes."""
    numbers.write_text("hard.tenant.small.suspend: 400\nhard.tenant.small.warn: 300\n")
    out, _ = ink("audit", "--dry-run", "--policy", str(numbers), expect=4)
    assert "1 of 3 tenants would be treated differently (nothing was changed)" in out
    assert "now:  suspended" in out
    told = ink.json("audit", "--dry-run", "--policy", str(numbers), expect=4)
    assert list(told["differing"]) == ["bakery"]
    numbers.write_text("hard.tenant.small.warn: lots\n")
    assert "lenient.yaml:1:" in ink("audit", "--dry-run", "--policy", str(numbers), expect=2)[1]


def reports(ink, folder):
    """Reports are printed or written."""
    out, _ = ink("report", "bakery")
    assert out.startswith("Bakery: mail in week")
    assert "SUSPENDED" in out
    assert list(ink.json("report")) == ["bakery", "cinema", "florist"]
    out, _ = ink("report", "bakery", "-o", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["bakery.csv", "bakery.html", "bakery.json", "bakery.txt"]
    assert str(folder / "bakery.html") in out


def test_only_a_drill_lets_the_mailbox_simulator_count(house, ink):
    house.bounce(house.manifests["bakery"], "bounce@simulator.amazonses.com", at=datetime.now(UTC))
    ink("collect", "bakery")
    assert ink.json("audit", "bakery", "--dry-run")["verdicts"][0]["actions"] == []
    drilled = ink.json("audit", "bakery", "--dry-run", "--drill")["verdicts"][0]["actions"]
    assert drilled == ["block bounce@simulator.amazonses.com"]


def test_what_a_person_opened_in_the_console_is_found_and_closed(house, ink):
    """D17."""
    ink("suspend", "bakery", "--reason", "a test", "--yes")
    bakery = house.manifests["bakery"]
    house.wiring.levers.set_sending(bakery, enabled=True)
    out, _ = ink("enforce", "--check", expect=4)
    assert "bakery: 1 difference" in out
    assert "to do: switch the configuration set off" in out
    assert ink.json("enforce", "--check", expect=4)["bakery"] == ["switch the configuration set off"]
    assert "innkeeper enforce bakery" in ink("status")[0]
    said = ink("enforce", expect=2)[1]
    assert "add --yes" in said
    assert levers(house, "bakery").set_enabled
    out, _ = ink("enforce", "--yes")  # all tenants
    assert "read back from AWS: in force" in out
    assert not levers(house, "bakery").set_enabled
    ink("enforce", "--check")


def test_what_a_person_decides_needs_a_yes_and_keeps_the_reason(house, ink):
    kept = house.wiring.archive
    for number, (verb, more, state) in enumerate(
        [
            ("block", ["anna@elsewhere.test"], State.GOOD),
            ("unblock", ["anna@elsewhere.test"], State.GOOD),
            ("suspend", [], State.SUSPENDED),
            ("reinstate", [], State.GOOD),
            ("terminate", [], State.TERMINATED),
        ]
    ):
        before = standing(house, "bakery")
        line = ink.fails(verb, "bakery", *more, "--reason", f"because {number}", expect=2)
        assert "no terminal to ask on → add --yes" in line
        assert standing(house, "bakery") == before
        told = ink.json(verb, "bakery", *more, "--reason", f"because {number}", "--by", "Ann", "--yes")
        assert (told["before"], told["after"], told["changed"]) == (before.state, state, True)
        assert "read back from AWS: in force" in told["carried_out"]
        assert standing(house, "bakery").state is state
        records = [kept.get(key).body.decode() for key in kept.keys("verdicts/bakery/")]
        assert len(records) == number + 1
        assert [one for one in records if f'"reason": "because {number}"' in one and '"by": "Ann"' in one]
    out, _ = ink("explain", "bakery", "anna@elsewhere.test")
    assert "by Ann: because 1" in out
    assert "by Ann: because 4" in ink("explain", "bakery")[0]


def test_a_proposal_that_is_not_there_is_an_error(house, ink):
    for verb in ("confirm", "dismiss"):
        line = ink.fails(verb, "bakery", "abc", "--reason", "x", "--yes")
        assert "bakery has no open proposal abc → open proposals: none" in line


def test_an_empty_fleet_says_how_to_begin(house, ink):
    for name in house.manifests:
        house.wiring.clients["s3"].delete_object(Bucket=house.names.bucket, Key=f"fleet/{name}.json")
    assert "innkeeper onboard" in ink("status")[0]
    assert ink.json("status") == []
    assert "0 of 0" in ink("audit", "--dry-run")[0]
