"""Rendered roots: golden files, literal data, fingerprints."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import InnkeeperError
from provisioner.model.names import Place
from provisioner.model.tenant import Credentials, Dmarc, Dns, Operator, Platform, Tenant
from provisioner.render import (
    LocalBackend,
    PlatformOptions,
    S3Backend,
    TenantOptions,
    fingerprint,
    render_imports,
    render_platform,
    render_tenant,
)
from provisioner.render.hcl import hcl

GOLDEN = Path(__file__).parent / "golden"
PLACE = Place("123456789012", "eu-central-1")
PLATFORM = Platform(
    region="eu-central-1",
    operator=Operator(name="Olga", email="olga@hosting.example"),
    sender="notices@hosting.example",
    sender_zone=True,
)
BAKERY = Tenant(id="bakery", name="Bakery", domain="bakery.example", contacts=("anna@mail.example",))
FLORIST = Tenant(
    id="florist",
    name="Florist",
    domain="florist.example",
    contacts=("flo@mail.example",),
    dns=Dns.EXTERNAL,
    dmarc=Dmarc(policy="quarantine", percent=25, reports="dmarc@hosting.example"),
    source_ips=("203.0.113.7/32",),
    restrict_from=True,
    credentials=Credentials(reader_role="arn:aws:iam::123456789012:role/florist-site", rotate_every_days=90),
)
CLOSED = msgspec.structs.replace(PLATFORM, operators=("arn:aws:iam::123456789012:user/olga",))


def tenant_files(tenant: Tenant = BAKERY, platform: Platform = PLATFORM, backend=None, **options) -> dict[str, str]:
    return render_tenant(
        tenant, platform, PLACE, backend=backend or LocalBackend("bakery.tfstate"), options=TenantOptions(**options)
    )


ROOTS = {
    "tenant": lambda: {
        **tenant_files(module_hash="0123456789abcdef"),
        "imports.tf": render_imports(
            [('module.tenant.aws_route53_zone.this["this"]', "Z0123"), ("module.tenant.aws_iam_user.smtp", "user")]
        ),
    },
    "tenant-elsewhere": lambda: tenant_files(
        FLORIST,
        CLOSED,
        S3Backend("states", "state/florist.tfstate", "eu-central-1"),
        sentinel=False,
        require_tls=True,
        has_password=True,
    ),
    "platform": lambda: render_platform(
        PLATFORM, PLACE, backend=LocalBackend("platform.tfstate"), options=PlatformOptions(package="functions.zip")
    ),
}


@pytest.mark.parametrize("root", ROOTS)
def test_golden(root: str) -> None:
    files = ROOTS[root]()
    kept = {path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / root).glob("*")}
    again = "write them anew with: python tests/unit/render/test_render.py (and look at the difference)"
    assert files == kept, again


def test_same_input_same_bytes() -> None:
    assert tenant_files() == tenant_files()


# F6, F5: whatever a tenant typed is data, in the one file in which strings are literal.
@given(st.text(max_size=40))
def test_what_a_tenant_typed_is_in_no_hcl(text: str) -> None:
    plain = tenant_files()
    files = tenant_files(msgspec.structs.replace(BAKERY, name=text, from_name=text, dmarc=Dmarc(reports=text)))
    assert {name: files[name] for name in files if name.endswith(".tf")} == {
        name: plain[name] for name in plain if name.endswith(".tf")
    }
    assert json.loads(files["terraform.tfvars.json"])["tenant"]["dmarc"]["reports"] == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a", '"a"'),
        ("${x}", '"$${x}"'),
        ("%{x}", '"%%{x}"'),
        ('"', r'"\""'),
        ("\\", r'"\\"'),
        ("a\nb\tc", r'"a\nb\tc"'),
        ("ü", '"ü"'),
        ("$ {", '"$ {"'),
    ],
)
def test_hcl(text: str, written: str) -> None:
    assert hcl(text) == written


@pytest.mark.parametrize("text", ["\x00", "\x08", "\x0c", "\x1b[31m", "\x7f", "\ud800", "e\u0301"])
def test_hcl_refuses_what_it_cannot_hold(text: str) -> None:
    with pytest.raises(InnkeeperError):
        hcl(text)


def test_imports_only_name_our_resources() -> None:
    with pytest.raises(InnkeeperError):
        render_imports([("module.tenant.aws_iam_user.smtp\n}\n", "x")])


def test_fingerprint_follows_wishes_not_places() -> None:
    plain = fingerprint(tenant_files())
    elsewhere = tenant_files(backend=S3Backend("states", "state/bakery.tfstate", "eu-central-1"))
    assert fingerprint({**elsewhere, "imports.tf": render_imports([])}) == plain
    for other in (
        tenant_files(msgspec.structs.replace(BAKERY, dmarc=Dmarc(policy="reject"))),
        tenant_files(module_hash="another"),
        tenant_files(dkim_signing_zone="dkim.eu-central-1.amazonses.com"),
    ):
        assert fingerprint(other) != plain


def test_fingerprint_does_not_confuse_names_and_texts() -> None:
    assert fingerprint({"a": "b", "c": "d"}) != fingerprint({"a": "bc", "": "d"})


def write_golden() -> None:
    for root, render in ROOTS.items():
        folder = GOLDEN / root
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*"):
            old.unlink()
        for name, text in render().items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_golden()
