import pytest
from golden import assert_golden
from report_samples import HOSTILE, Page, a_manifest

from provisioner.model.tenant import Tenant
from provisioner.onboarding.records import Record, expected_records
from provisioner.report.onboarding import record_line, render_handover, render_records

TENANT = Tenant(id="bakery", name="Bakery", domain="bakery-huber.example", contacts=("anna@mailbox.example",))
RECORDS = expected_records(TENANT, "eu-west-1", ("tok1", "tok2", "tok3"), "dkim.amazonses.com")
KIT = ("innkeeper-mail.php", "wp-config-snippet.php", "README.txt")


def test_golden_pages():
    records, handover = render_records(RECORDS, TENANT.domain), render_handover(a_manifest(), kit_files=KIT)
    assert_golden("records.html", records.html)
    assert_golden("records.txt", records.text)
    assert_golden("handover.html", handover.html)
    assert_golden("handover.txt", handover.text)


def test_every_record_is_on_both_forms():
    sheet = render_records(RECORDS, TENANT.domain)
    for record in RECORDS:
        line = record_line(record, TENANT.domain)
        for text in (sheet.text, Page(sheet.html).text):
            assert record.name in text
            assert line.value in text
            assert line.short in text


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("tok1._domainkey.bakery.example", "tok1._domainkey"),
        ("bakery.example", "@"),
        ("other.example", "other.example"),
        ("notbakery.example", "notbakery.example"),
    ],
)
def test_short_names_are_what_forms_want(name, short):
    record = Record(type="CNAME", name=name, value="x", why="")
    assert record_line(record, "bakery.example").short == short


def test_an_mx_record_has_its_priority_apart():
    line = record_line(Record(type="MX", name="bounce.x.example", value="10 mx.example", why=""), "x.example")
    assert (line.priority, line.value) == ("10", "mx.example")


def test_the_handover_knows_no_secret_and_needs_nothing_from_outside():
    """G8, F15: only a manifest goes in, and a manifest names the secret without holding it."""
    page = Page(render_handover(a_manifest(), kit_files=KIT).html)
    assert page.links == []
    assert a_manifest().secret not in page.text
    assert "anna@mailbox.example" in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_no_page(text):
    """F5, F10, F13"""
    manifest = a_manifest(name=text, from_address=text, contacts=(text,))
    records = (Record(type="TXT", name=text, value=text, why=text),)
    for sheet, plain in (
        (render_handover(manifest, kit_files=(*KIT, text)), render_handover(a_manifest(), kit_files=KIT)),
        (render_records(records, text), render_records(RECORDS, "bakery-huber.example")),
    ):
        assert set(Page(sheet.html).elements) <= set(Page(plain.html).elements)
        assert not set(sheet.html + sheet.text) & set("\x00\x07\x1b\r\u202e\u2066\u200b\u2028\x85")
