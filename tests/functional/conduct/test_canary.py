"""A18 on the embedded AWS: the canary goes through the tenant's own set, topic and queue; a torn wire is noticed."""

from datetime import timedelta

import pytest
from ses_events import NOW

from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.silence import is_its_day, listen

DAY = timedelta(days=1)


def day(house, at):
    run = collect_all(["bakery"], house.outside, Drain(clock=lambda: at, threads=1), fast=False)
    return listen(run, house.wiring.archive, house.wiring.probe, at)


@pytest.mark.parametrize("torn", [False, True])
def test_a_canary_comes_back_unless_ses_cannot_publish(house, torn):
    """The permission to publish is gone; sending works as before, and no call fails anywhere."""
    bakery = house.tenant("bakery")
    start = next(NOW + n * DAY for n in range(7) if is_its_day("bakery", NOW + n * DAY))
    if torn:
        house.wiring.clients["sns"].set_topic_attributes(
            TopicArn=bakery.topic_arn, AttributeName="Policy", AttributeValue='{"Version":"2012-10-17","Statement":[]}'
        )
    assert day(house, start).flown == ("bakery",)
    (mail,) = [m for m in house.aws.mailbox if m.recipient == "success@simulator.amazonses.com"]
    assert "wordpress@bakery.example" in mail.source
    assert day(house, start + DAY).silent == (("bakery",) if torn else ())


def test_ses_own_count_is_read_for_many_tenants_in_one_call(house):
    """Its numbers come from CloudWatch, with the dimensions SES publishes for its tenants."""
    bakery, florist = house.tenant("bakery"), house.tenant("florist")
    house.wiring.clients["cloudwatch"].put_metric_data(
        Namespace="AWS/SES",
        MetricData=[
            {
                "MetricName": "Sends",
                "Value": value,
                "Timestamp": NOW,
                "Dimensions": [
                    {"Name": "TenantId", "Value": bakery.ses_tenant_arn.rpartition("/")[2]},
                    {"Name": "TenantName", "Value": bakery.ses_tenant},
                ],
            }
            for value in (2, 3)
        ],
    )
    counted = house.wiring.probe.sends((bakery, florist), NOW - timedelta(hours=24), NOW + timedelta(hours=1))
    assert counted == {"bakery": 5}
