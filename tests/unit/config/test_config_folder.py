"""The operator's folder as a whole: collisions, order, and what is not there (faults E11, E14, F8)."""

import pytest

from provisioner.config import Fleet, load_fleet, load_platform, load_policy_file, load_tenants
from provisioner.config.problem import Problem
from provisioner.errors import ConfigError
from provisioner.model.tenant import DrillPlan, Operator, Platform, StateStore

PLATFORM = """\
region: eu-central-1
operator: {name: Erika, email: erika@mail.example}
sender: notices@host.example
"""


def tenant(tenant_id, domain):
    return f"id: {tenant_id}\nname: Site\ndomain: {domain}\ncontacts: [anna@mail.example]\n"


class Share:
    """Stands for a rule's option: a number between 0 and 1."""

    def problem(self, value):
        return "" if isinstance(value, int | float) and 0 <= value <= 1 else f"expected a share, got {value!r}"


OPTIONS = {"hard.suspend": Share(), "hard.warn": Share()}


@pytest.fixture
def folder(tmp_path):
    """Writes files into an operator's folder, which starts with a good platform and no tenant."""
    (tmp_path / "tenants").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "platform.yaml").write_text(PLATFORM)

    def write(files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    return write


def errors(root, options=OPTIONS):
    with pytest.raises(ConfigError) as caught:
        load_fleet(root, options=options)
    assert caught.value.exit_code == 2
    return caught.value.args[0].splitlines()


def test_a_good_folder(folder):
    root = folder({"tenants/b.yaml": "", "tenants/bb.yaml": tenant("bb", "b.example"),
                   "tenants/aa.yaml": tenant("aa", "a.example"), "tenants/README.md": "# notes"})  # fmt: skip
    (root / "tenants/b.yaml").unlink()
    fleet = load_fleet(root, options={})
    assert isinstance(fleet, Fleet)
    assert [(one.id, one.file) for one in fleet.tenants] == [("aa", "tenants/aa.yaml"), ("bb", "tenants/bb.yaml")]
    assert fleet.platform == Platform(
        region="eu-central-1",
        operator=Operator(name="Erika", email="erika@mail.example"),
        sender="notices@host.example",
        file="platform.yaml",
    )


def test_no_tenants_is_a_fleet_of_none(folder):
    """E14: an empty folder is no error here; that it destroys nothing is decided where plans are made."""
    assert load_fleet(folder({}), options={}).tenants == ()


def test_wrong_folder_is_said(tmp_path):
    """E14"""
    assert errors(tmp_path) == [
        (
            "platform.yaml:1:1: cannot be read: No such file or directory [C101] "
            "→ is this the right folder? (-C names another one)"
        ),
        "tenants:1:1: cannot be read: No such file or directory [C101]",
    ]


def test_same_domain_names_both_files_and_lines(folder):
    """E11"""
    root = folder({"tenants/aa.yaml": tenant("aa", "Shop.example"), "tenants/bb.yaml": tenant("bb", "shop.example")})
    hint = "[C403] → two tenants must not share a domain: one could send as the other"
    assert errors(root) == [
        f"tenants/aa.yaml:3:9: domain: shop.example is also the domain of tenants/bb.yaml:3 {hint}",
        f"tenants/bb.yaml:3:9: domain: shop.example is also the domain of tenants/aa.yaml:3 {hint}",
    ]


def test_domain_inside_another_tenants(folder):
    """E11, also when one of the files has other mistakes; a longer name with the same ending is no collision."""
    root = folder(
        {
            "tenants/aa.yaml": tenant("aa", "shop.example"),
            "tenants/bb.yaml": tenant("bb", "a.b.shop.example") + "zz: 1\n",
            "tenants/cc.yaml": tenant("cc", "myshop.example"),
        }
    )
    found = errors(root)
    assert [line.split(" [")[0] for line in found] == [
        "tenants/aa.yaml:3:9: domain: shop.example contains a.b.shop.example, the domain of tenants/bb.yaml:3",
        "tenants/bb.yaml:3:9: domain: a.b.shop.example is inside shop.example, the domain of tenants/aa.yaml:3",
        "tenants/bb.yaml:5:1: zz: unknown key",
    ]


@pytest.mark.parametrize("domain", ["host.example", "a.host.example", "example.host.example"])
def test_domain_of_the_platform_is_not_for_tenants(folder, domain):
    (line,) = errors(folder({"tenants/aa.yaml": tenant("aa", domain)}))
    assert "collides with host.example, which notices and reports come from (platform.yaml:3) [C404]" in line


def test_ids_that_differ_in_case_only(folder):
    """F8: IAM would take them for one."""
    found = errors(folder({"tenants/aa.yaml": tenant("aa", "a.example"), "tenants/AA.yaml": tenant("AA", "b.example")}))
    assert any("is the same as the one in tenants/AA.yaml:1 [C402]" in line for line in found)
    assert any("tenants/AA.yaml:1:5: id: must be 2 to 31" in line for line in found)


@pytest.mark.parametrize("name", ["aa.yml", "aa.YAML", "aa.json"])
def test_a_file_that_would_be_left_out_is_named(folder, name):
    (line,) = errors(folder({f"tenants/{name}": tenant("aa", "a.example")}))
    assert line == f"tenants/{name}:1:1: would be left out [C405] → rename it to end in .yaml"


def test_a_folder_in_place_of_a_file(folder):
    root = folder({})
    (root / "tenants/aa.yaml").mkdir()
    assert errors(root) == ["tenants/aa.yaml:1:1: cannot be read: Is a directory [C101]"]


def test_every_problem_of_every_file_in_reading_order(folder):
    root = folder(
        {
            "platform.yaml": "region: mars-1\n",
            "policies/house.yaml": "hard: {suspnd: 1}\n",
            "tenants/aa.yaml": "id: aa\nid: bb\n",
            "tenants/bb.yaml": "[",
        }
    )
    found = errors(root)
    places = [(line.split(":")[0], int(line.split(":")[1]), int(line.split(":")[2])) for line in found]
    assert places == sorted(places)
    assert {place[0] for place in places} == {
        "platform.yaml", "policies/house.yaml", "tenants/aa.yaml", "tenants/bb.yaml"}  # fmt: skip


def test_a_file_name_cannot_write_on_the_terminal(folder):
    """F13"""
    (line,) = errors(folder({"tenants/a\x1b[31m\u202e.yml": ""}))
    assert line.startswith("tenants/a\\x1b[31m\\u202e.yml:1:1:")


def test_options_of_the_policy_are_checked_wherever_they_stand(folder):
    root = folder(
        {
            "platform.yaml": PLATFORM + "policy: policies/house.yaml\n",
            "policies/house.yaml": "hard.suspend: 2\n",
            "policies/unused.yaml": "hard: {suspend: 0.5, wran: 1}\n",
            "tenants/aa.yaml": tenant("aa", "a.example") + "conduct: {overrides: {hard: {warn: lots}}}\n",
        }
    )
    assert errors(root) == [
        "policies/house.yaml:1:15: hard.suspend: expected a share, got 2 [C311]",
        'policies/unused.yaml:1:28: hard.wran: unknown option [C310] → did you mean "hard.warn"?',
        "tenants/aa.yaml:5:36: conduct.overrides.hard.warn: expected a share, got 'lots' [C311]",
    ]


def test_a_long_wrong_value_makes_no_long_message(folder):
    """F2: a list of 64 KiB is not repeated on the terminal."""
    root = folder({"policies/house.yaml": f"hard.suspend: [{'1, ' * 5000}1]\n"})
    assert any("hard.suspend: expected a share" in line and len(line) < 300 for line in errors(root))


def test_policy_file_of_the_platform_is_merged(folder):
    root = folder(
        {
            "platform.yaml": PLATFORM + "policy: policies/house.yaml\n",
            "policies/house.yaml": "hard:\n  suspend: 0.5\n",
        }
    )
    assert load_fleet(root, options=OPTIONS).platform.policy == {"hard.suspend": 0.5}
    assert load_policy_file(root / "policies/house.yaml", options=OPTIONS) == {"hard.suspend": 0.5}


@pytest.mark.parametrize("name", ["policies/none.yaml", "../policies/x.yaml", "/etc/passwd", "policies/../../x.yaml"])
def test_policy_file_is_one_of_the_folder(folder, name):
    (line,) = errors(folder({"platform.yaml": PLATFORM + f"policy: {name}\n"}))
    assert line.startswith("platform.yaml:4:9: policy: ")
    assert "[C312]" in line


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("region: me-south-1", ("1:9: region: Amazon SES has no SMTP in me-south-1, so WordPress could not log in "
         "[C307] → near: eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3")),
        ("region: ca-west-1", ("1:9: region: Amazon SES has no SMTP in ca-west-1, so WordPress could not log in [C307] "
         "→ near: ca-central-1")),
        ("region: eu-centrl-1", ('1:9: region: "eu-centrl-1" is not a Region with Amazon SES over SMTP [C307] '
         "→ such as eu-central-1")),
        ("sender: postmaster", '1:9: sender: "postmaster" is not an e-mail address [C303]'),
        ("operator: {name: E, email: x}", '1:28: operator.email: "x" is not an e-mail address [C303]'),
        ("name: Inn", '1:7: name: must be 1 to 16 of a-z, 0-9 and -, starting with a letter; got "Inn" [C308]'),
        ("name: abcdefghijklmnopq", "1:7: name: must be 1 to 16 of a-z"),
        ("state: {bucket: s3://x}", "1:17: state.bucket: must be the name of an S3 bucket"),
        ("state: {folder: ../x}", "1:17: state.folder: must be a folder below"),
        ("state: {folder: /x}", "1:17: state.folder: must be a folder below"),
        ("state: {bucket: abc, folder: x}", "1:30: state.folder: bucket and folder are both given"),
        ("operators: [arn:aws:iam::123456789012:root]", ("1:13: operators[0]: must be the ARN of an IAM role or user, "
         'in full; got "arn:aws:iam::123456789012:root" [C313] → such as arn:aws:iam::123456789012:role/innkeeper-op')),
        ("runtime: nodejs20.x", "1:10: runtime: must name a Python runtime"),
        ("policy: [a]", "1:9: policy: "),
        ("drill: {monthly: weekly}", '1:18: drill.monthly: expected true or false, got "weekly"'),
        ("drill: {tenant: ../x}", "1:17: drill.tenant: must be 2 to 31 of a-z"),
        ("sender_zone: yes", '1:14: sender_zone: expected true or false, got "yes"'),
    ],
)  # fmt: skip
def test_mistakes_in_the_platform(tmp_path, more, expected):
    key = more.partition(":")[0]
    rest = [line for line in PLATFORM.splitlines() if not line.startswith(f"{key}:")]
    (tmp_path / "platform.yaml").write_text("\n".join([more, *rest]))
    found = load_platform(tmp_path / "platform.yaml")
    assert len(found) == 1, found
    assert str(found[0]).startswith(f"platform.yaml:{expected}")


def test_the_monthly_drill_is_for_a_tenant_that_is_there(folder):
    folder({"tenants/bakery.yaml": tenant("bakery", "bakery.example")})
    root = folder({"platform.yaml": PLATFORM + "drill: {tenant: bakery}\n"})
    assert load_fleet(root).platform.drill == DrillPlan(tenant="bakery")
    folder({"platform.yaml": PLATFORM + "drill: {tenant: baker}\n"})
    with pytest.raises(ConfigError, match=r"platform.yaml:4:17: drill.tenant: there is no tenant baker "):
        load_fleet(root)


def test_state_in_a_bucket(tmp_path):
    (tmp_path / "platform.yaml").write_text(PLATFORM + "state: {bucket: erikas-state}\n")
    assert load_platform(tmp_path / "platform.yaml").state == StateStore(bucket="erikas-state")


def test_tenants_from_named_files_with_another_reader(tmp_path):
    texts = {"aa.yaml": tenant("aa", "a.example"), "bb.yaml": tenant("bb", "nowhere")}
    loaded = load_tenants([tmp_path / name for name in texts], read=lambda p: texts[p.name].encode(), root=tmp_path)
    assert [one.id for one in loaded.tenants] == ["aa"]
    assert [(problem.file, problem.line) for problem in loaded.problems] == [("bb.yaml", 3)]
    assert all(isinstance(problem, Problem) for problem in loaded.problems)
