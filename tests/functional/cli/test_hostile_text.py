"""F13: whatever strangers and tenants write, no control character and no bidi mark reaches the terminal raw."""

import unicodedata
from datetime import UTC, datetime, timedelta

import msgspec
from ses_events import bounce
from strategies_hostile import HOSTILE

from provisioner.conduct.documents import write_manifest

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
SENDABLE = [text for text in HOSTILE.values() if "\ud800" not in text]  # JSON cannot carry half a character


def raw(text):
    return sorted({char for char in text if char != "\n" and unicodedata.category(char) in HIDDEN})


def test_nothing_hidden_comes_out_of_any_command(house, ink):
    bakery = house.manifests["bakery"]
    short = [text for text in SENDABLE if len(text) < 100]
    everything = "".join(short)
    groups = ["".join(short[start::6]) for start in range(6)] + [text[:2000] for text in SENDABLE if len(text) >= 100]
    write_manifest(house.wiring.archive, msgspec.structs.replace(bakery, name=everything))
    at = datetime.now(UTC) - timedelta(hours=2)
    for number, text in enumerate(groups):
        event = bounce(bakery, f"guest{number}@mail{number}.test", at, identity=f"m{number}")
        event["bounce"]["bouncedRecipients"][0] |= {"diagnosticCode": text, "status": "5.1.1"}
        event["bounce"]["bounceSubType"] = text[:200] or "General"
        event["mail"]["commonHeaders"] = {"subject": text[:500]}
        house.aws.publish(bakery.configuration_set, event)
        strange = bounce(bakery, f"{text[:60]}@x{number}.test", at, identity=f"s{number}")
        house.aws.publish(bakery.configuration_set, strange)
    seen = []
    for command in (
        ["collect"],
        ["audit", "--dry-run"],
        ["audit", "--yes"],
        ["status"],
        ["explain", "bakery"],
        ["explain", "bakery", "guest3@mail3.test"],
        ["explain", "bakery", everything],
        ["report"],
        ["enforce", "--check"],
        ["block", "bakery", "x@y.example", "--reason", everything, "--by", everything, "--yes"],
        ["explain", "bakery", "x@y.example"],
    ):
        for form in ("text", "json"):
            if "--yes" in command and form == "json":
                continue
            out, err = ink(*command, "--format", form)
            assert raw(out) == [], command
            assert raw(err) == [], command
            seen.append(out)
    shown = "".join(seen)
    assert "\\u202e" in shown  # and it was really there to be shown
    assert "\\x1b" in shown
