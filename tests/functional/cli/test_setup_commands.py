"""The verbs around onboarding that need no Terraform: text, JSON, exit codes."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conduct_house import House

from provisioner.onboarding.credentials import read_secret
from provisioner.wordpress.forms import FORMS

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def house(embedded, shared_clients):
    """One for all tests here: none of them changes what another one reads."""
    embedded.reset()
    made = House(embedded, shared_clients)
    made.build()
    made.manifests = {"bakery": made.tenant("bakery")}
    return made


@pytest.fixture(autouse=True)
def _pointed(pointed):
    pass


def password(house):
    return read_secret(house.wiring.secrets.get(house.manifests["bakery"].secret)).password


def test_validate_names_what_it_read(ink):
    out, err = ink("validate")
    assert "✓ platform inn in eu-central-1" in out
    assert "✓ bakery  bakery.example  (standard rules)" in out
    assert out.endswith("3 tenants, no problems\n")
    assert err == ""
    assert ink.json("validate") == {"platform": "inn", "tenants": ["bakery", "cinema", "florist"]}


@pytest.mark.parametrize("kind", ["tenant", "platform", "policy"])
def test_a_schema_is_json_in_both_formats(ink, kind):
    assert json.loads(ink("schema", kind)[0]) == ink.json("schema", kind)
    assert json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text()) == ink.json("schema", kind)


def test_the_functions_are_packed(ink, tmp_path):
    runtime = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    told = ink.json("package", "-o", str(tmp_path / "a.zip"), "--runtime", runtime)
    assert "lambdas/collect/handler.py" in zipfile.ZipFile(told["path"]).namelist()
    assert told["bytes"] == (tmp_path / "a.zip").stat().st_size


def test_a_root_is_rendered_for_reading(house, ink, tmp_path):
    out, _ = ink("render", "bakery", "-o", str(tmp_path))
    written = sorted(path.name for path in (tmp_path / "bakery").iterdir())
    assert [Path(line).name for line in out.splitlines()] == written
    assert json.loads((tmp_path / "bakery" / "terraform.tfvars.json").read_text())
    assert len(ink.json("render", "-o", str(tmp_path))) == 3


def test_records_can_be_copied_whole(house, ink):
    out, _ = ink("records", "bakery")
    records = ink.json("records", "bakery")
    assert {record["type"] for record in records} == {"CNAME", "MX", "TXT"}
    assert all(record["name"] in out and record["value"] in out for record in records)
    assert "SES does not know cinema.example yet → first: innkeeper onboard cinema" in ink.fails("records", "cinema")


def test_verify_says_what_is_missing_until_nothing_is(house, ink):
    out, _ = ink("verify", "bakery", expect=4)
    assert "✗ TXT _dmarc.bakery.example" in out
    assert "→ Add this TXT record" in out
    assert "not ready yet" in out
    told = ink.json("verify", "bakery", expect=4)
    assert [check["name"] for check in told["checks"] if check["ok"]]
    zone = house.wiring.clients["route53"].create_hosted_zone(Name="bakery.example", CallerReference="x")
    changes = [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": one["name"], "Type": one["type"], "TTL": 300,
         "ResourceRecords": [{"Value": f'"{one["value"]}"' if one["type"] == "TXT" else one["value"]}]}}
        for one in ink.json("records", "bakery")
    ]  # fmt: skip
    house.wiring.clients["route53"].change_resource_record_sets(
        HostedZoneId=zone["HostedZone"]["Id"], ChangeBatch={"Changes": changes}
    )
    house.wiring.clients["sesv2"].put_email_identity_mail_from_attributes(
        EmailIdentity="bakery.example", MailFromDomain="bounce.bakery.example"
    )
    out, _ = ink("verify", "bakery")
    assert "✗" not in out
    assert "bakery is ready to send" in out


@pytest.mark.parametrize("form", FORMS)
def test_the_password_is_shown_on_request_only(house, ink, form):
    """G8."""
    secret = password(house)
    out, err = ink("credentials", "bakery", "--as", form)
    assert secret not in out
    assert secret not in err
    assert "--reveal" in err
    out, err = ink("credentials", "bakery", "--as", form, "--reveal")
    quoted = {secret, json.dumps(secret)[1:-1]}
    assert any(one in out for one in quoted)
    assert secret not in err


def test_credentials_as_json_are_json_and_nothing_else(house, ink):
    assert password(house) not in json.dumps(ink.json("credentials", "bakery"))
    assert password(house) in ink.json("credentials", "bakery", "--reveal").values()


# Every verb that takes one tenant, or several, with what it needs besides.
ABOUT_TENANTS = {
    "status": (), "collect": (), "audit": ("--dry-run",), "enforce": ("--check",), "report": (), "explain": (),
    "credentials": (), "records": (), "verify": (), "wordpress": ("-o", "kit"), "rotate": ("--status",), "drill": (),
    "suspend": ("--reason", "x", "--yes"), "reinstate": ("--reason", "x", "--yes"),
    "terminate": ("--reason", "x", "--yes"), "block": ("a@b.example", "--reason", "x", "--yes"),
    "plan": (), "apply": (), "onboard": (), "render": ("-o", "out"),
}  # fmt: skip


def test_an_unknown_tenant_is_told_the_same_way_everywhere(house, ink, folder):
    before = sorted(folder.rglob("*"))
    for verb, more in ABOUT_TENANTS.items():
        line = ink.fails(verb, "bakerx", *more, expect=2)
        assert "'bakerx'" in line, verb
        assert "known: bakery" in line, verb
    assert sorted(folder.rglob("*")) == before


def test_a_reader_that_stops_reading_is_no_error(folder):
    """innkeeper schema tenant | head -1"""
    done = subprocess.run(
        ["sh", "-c", '"$0" -m provisioner.cli schema tenant | head -1', sys.executable], check=False,
        capture_output=True, text=True, cwd=ROOT, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "{\n"
    assert done.stderr == ""
