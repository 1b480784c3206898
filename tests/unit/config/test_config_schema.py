"""The published JSON Schemas: fresh, and of one mind with the reader wherever a schema can have an opinion."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from provisioner.config import load_fleet
from provisioner.config.platform import parse_platform, parse_policy
from provisioner.config.schema import KINDS, schema, text
from provisioner.config.tenant import parse_tenant
from provisioner.config.wiring import rule_options
from provisioner.errors import InnkeeperError

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
TENANT = "id: bakery\nname: Bakery\ndomain: bakery.example\ncontacts: [anna@mail.example]\n"
PLATFORM = "region: eu-west-1\noperator: {name: E, email: e@mail.example}\nsender: n@host.example\n"


def accepts(kind, content):
    """The schema's opinion, on what an ordinary YAML reader (an editor) makes of the file."""
    validator = jsonschema.Draft202012Validator(schema(kind))
    return not list(validator.iter_errors(yaml.safe_load(content)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_fresh(kind):
    committed = (ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert committed == text(kind), "run: python tools/write_schemas.py"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_schema_that_explains_every_key(kind):
    made = schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    for name, form in made.get("$defs", {kind: made}).items():
        for key, value in form.get("properties", {}).items():
            assert value.get("description"), f"{name}.{key}"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("tenants/*.yaml")), ids=lambda path: path.stem)
def test_example_tenants_fit_the_schema_and_name_it(path):
    content = path.read_text(encoding="utf-8")
    assert accepts("tenant", content)
    assert content.startswith("# yaml-language-server: $schema=../../schemas/tenant.schema.json\n")


def test_example_platform_fits_the_schema_and_names_it():
    content = (EXAMPLES / "platform.yaml").read_text(encoding="utf-8")
    assert accepts("platform", content)
    assert content.startswith("# yaml-language-server: $schema=../schemas/platform.schema.json\n")


def test_the_examples_are_a_good_folder():
    fleet = load_fleet(EXAMPLES)
    assert [tenant.id for tenant in fleet.tenants] == ["bakery", "cinema"]
    assert all(tenant.domain.endswith(".example") for tenant in fleet.tenants)


def test_example_policies_fit_the_schema_and_name_it():
    for path in EXAMPLES.glob("policies/*.yaml"):
        content = path.read_text(encoding="utf-8")
        assert accepts("policy", content), path
        assert content.startswith("# yaml-language-server: $schema=../../schemas/policy.schema.json\n")


@pytest.mark.parametrize(
    ("content", "good"),
    [
        ("hard.tenant.small.warn: 4", True),
        ("hard: {tenant: {small: {warn: 4}}}", True),
        ("hard: {tenant.small.warn: 4}", True),
        ("hard: {tenant: {small: {wran: 4}}}", False),
        ("hard.tenant.small.warn: four", False),
        ("hard.tenant.small.warn: 0.5", False),
        ("hard.flood.share: 1.5", False),
        ("guessing.terminate: auto", True),
        ("guessing.terminate: never", False),
        ("hard: 1", False),
    ],
)
def test_schema_and_reader_agree_on_policies(content, good):
    assert accepts("policy", content) == good
    assert (parse_policy("policies/house.yaml", content.encode(), rule_options())[1] == []) == good
    inside = TENANT + f"conduct: {{overrides: {{{content}}}}}\n"
    assert accepts("tenant", inside) == good
    assert (parse_tenant("tenants/bakery.yaml", inside.encode(), rule_options()).tenant is not None) == good


@pytest.mark.parametrize(
    "more",
    ["zz: 1", "id: Bakery", "name: ''", "name: no", "name: 007", "contacts: []", "contacts: a@b.example", "dns: x",
     "sending: {form: a}", "sending: {mail_from: a.b}", "sending: {restrict_from: 1}", "dmarc: {policy: x}",
     "dmarc: {percent: 101}", "dmarc: {percent: ten}", "conduct: {profile: lax}", "conduct: {overrides: 1}",
     "ses_tenant: 1", "sending: [a]"],
)  # fmt: skip
def test_schema_and_reader_refuse_the_same_tenants(more):
    key = more.partition(":")[0]
    content = "".join(f"{line}\n" for line in [*TENANT.splitlines(), more] if line == more or not line.startswith(key))
    assert parse_tenant("tenants/bakery.yaml", content.encode()).tenant is None
    assert not accepts("tenant", content)


@pytest.mark.parametrize("missing", ["id", "name", "domain", "contacts"])
def test_schema_and_reader_ask_for_the_same_keys(missing):
    content = "".join(f"{line}\n" for line in TENANT.splitlines() if not line.startswith(missing))
    assert parse_tenant("tenants/bakery.yaml", content.encode()).tenant is None
    assert not accepts("tenant", content)


@pytest.mark.parametrize("more", ["zz: 1", "name: Inn", "state: {bucket: B}", "policy: [a]", "policy: x.yaml",
                                  "runtime: node", "sender_zone: 2", "operator: {name: E}"])  # fmt: skip
def test_schema_and_reader_refuse_the_same_platforms(more):
    key = more.partition(":")[0]
    lines = [line for line in PLATFORM.splitlines() if not line.startswith(f"{key}:")]
    content = "\n".join([*lines, more])
    assert parse_platform("platform.yaml", content.encode()).platform is None
    assert not accepts("platform", content)


@pytest.mark.parametrize(
    "more", ["", "policy: {soft.recipient.strikes: 4}", "policy: policies/house.yaml", "state: {bucket: a-bucket}"]
)
def test_schema_and_reader_take_the_same_platforms(more):
    content = PLATFORM + more
    assert parse_platform("platform.yaml", content.encode()).platform is not None
    assert accepts("platform", content)


def test_an_unknown_schema_is_an_error_with_the_known_ones():
    with pytest.raises(InnkeeperError, match=r"(?s)'fleet'.*known: tenant, platform, policy"):
        schema("fleet")
