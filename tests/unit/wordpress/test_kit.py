from pathlib import Path

import msgspec
import pytest
from strategies_hostile import HOSTILE

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.wordpress import render_kit
from provisioner.wordpress.kit import PASSWORD_PLACEHOLDER, PLUGIN, SECRETS_PLUGIN, SETTINGS, USER_PLACEHOLDER

MANIFEST = Manifest(
    tenant="bakery",
    name="Bakery",
    domain="bakery.example",
    account="123456789012",
    region="eu-west-1",
    prefix="innkeeper",
    configuration_set="innkeeper-bakery",
    topic_arn="arn:aws:sns:eu-west-1:123456789012:t",
    queue_url="https://sqs.example/q",
    user="innkeeper-bakery-smtp",
    secret="innkeeper/bakery/smtp",
    ses_tenant="innkeeper-bakery",
    contacts=("anna@mailbox.example",),
    from_address="wordpress@bakery.example",
    from_name="Bakery",
    operator="ops@inn.example",
    notices_from="notices@inn.example",
)
HOST = "email-smtp.eu-west-1.amazonaws.com"


def kit(manifest=MANIFEST, **changes):
    return render_kit(manifest, host=HOST, port=587, **changes)


def test_the_kit_has_everything_and_no_secret():
    files = kit()
    assert list(files) == [PLUGIN, SETTINGS, "README.txt", SECRETS_PLUGIN, "other-programs.txt"]
    assert USER_PLACEHOLDER in files[SETTINGS]
    assert PASSWORD_PLACEHOLDER in files[SETTINGS]
    assert HOST in files["other-programs.txt"]


def test_a_known_user_name_is_filled_in():
    assert "'AKIAEXAMPLE'" in kit(username="AKIAEXAMPLE")[SETTINGS]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_plugins_are_the_same_whatever_a_tenant_is_called(text):
    """F6: a tenant's text is never code."""
    try:
        files = kit(msgspec.structs.replace(MANIFEST, name=text, from_name=text))
    except InnkeeperError:
        return
    assert (files[PLUGIN], files[SECRETS_PLUGIN]) == (kit()[PLUGIN], kit()[SECRETS_PLUGIN])


def test_the_readme_names_the_files_that_there_are():
    files = kit()
    for name in (PLUGIN, SETTINGS, SECRETS_PLUGIN, "other-programs.txt"):
        assert name in files["README.txt"]


def test_every_constant_of_the_settings_is_read_by_the_plugin():
    files = kit()
    names = [line.split("'")[1] for line in files[SETTINGS].splitlines() if line.startswith("define")]
    assert len(names) == 8
    for name in names:
        assert f"'{name.removeprefix('INNKEEPER_')}'" in files[PLUGIN]


def test_the_plugins_are_plain_text_without_marks_at_the_start():
    """A byte order mark or a blank line before <?php would break every page of the site."""
    for name in (PLUGIN, SECRETS_PLUGIN):
        raw = (Path(__file__).parents[3] / "provisioner" / "wordpress" / "plugin" / name).read_bytes()
        assert raw.startswith(b"<?php\n")
        assert b"?>" not in raw
        assert b"\r" not in raw
