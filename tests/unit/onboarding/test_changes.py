import pytest

from provisioner.onboarding.changes import read_changes


def plan(*entries):
    return {
        "resource_changes": [
            {"address": f"module.tenant.{kind}.this", "type": kind, "change": {"actions": actions, **more}}
            for kind, actions, more in entries
        ]
    }


@pytest.mark.parametrize(
    ("entries", "summary", "outcome"),
    [
        ([], "no changes", "nothing to change"),
        ([("aws_iam_user", ["no-op"], {}), ("aws_iam_user", ["read"], {})], "no changes", "nothing to change"),
        (
            [("aws_sqs_queue", ["update"], {"before": {"a": 1}, "after": {"a": 2}}), ("aws_iam_user", ["create"], {})],
            "1 to create, 1 to change",
            "1 created, 1 changed",
        ),
        ([("aws_iam_user", ["no-op"], {"importing": {"id": "x"}})], "1 to import", "1 taken over"),
        ([("aws_iam_user", ["create", "delete"], {})], "1 to replace", "1 replaced"),
        ([("aws_iam_user", ["delete"], {})], "1 to destroy", "1 destroyed"),
    ],
)
def test_a_plan_reads_as_what_will_be_and_what_was_done(entries, summary, outcome):
    changes = read_changes(plan(*entries))
    assert (changes.summary(), changes.outcome()) == (summary, outcome)
    assert changes.empty == (summary == "no changes")


def test_a_change_names_the_attributes_that_differ_and_the_address_without_the_module():
    before, after = {"ttl": 1, "name": "x", "id": "i"}, {"ttl": 2, "name": "x"}
    body = {"before": before, "after": after, "after_unknown": {"id": True}}
    (change,) = read_changes(plan(("aws_route53_record", ["update"], body))).all
    assert (change.what, change.attributes) == ("DNS record", ("id", "ttl"))
    assert change.address == "aws_route53_record.this"
