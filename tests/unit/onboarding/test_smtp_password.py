"""The derivation of SMTP passwords, and where SMTP exists at all."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.regions import API_ONLY_REGIONS, SMTP_REGIONS, has_smtp
from provisioner.onboarding.smtp_password import derive


def test_the_public_check_value():
    # Published with the AWS provider for Terraform, internal/service/iam/access_key_test.go.
    assert derive("some+secret+key", "eu-central-1") == "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"


def test_each_region_has_its_own_password():
    assert len({derive("some+secret+key", region) for region in SMTP_REGIONS}) == len(SMTP_REGIONS)


@given(secret=st.text(min_size=1, max_size=60), region=st.sampled_from(sorted(SMTP_REGIONS)))
def test_a_password_is_version_4_and_the_same_each_time(secret, region):
    password = derive(secret, region)
    decoded = base64.b64decode(password, validate=True)
    assert (len(password), password[0], decoded[0], len(decoded)) == (44, "B", 4, 33)
    assert password == derive(secret, region)


@pytest.mark.parametrize(("secret", "region"), [("", "eu-west-1"), ("secret", "")])
def test_empty_input_is_refused(secret, region):
    with pytest.raises(ValueError, match="empty"):
        derive(secret, region)


def test_smtp_regions_and_api_only_regions_do_not_overlap():
    assert not SMTP_REGIONS & API_ONLY_REGIONS
    assert has_smtp("eu-west-1")
    assert not has_smtp("eu-central-2")
