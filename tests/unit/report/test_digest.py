import csv
import io

import pytest
from golden import assert_golden
from report_samples import HOSTILE, NOW, Page, a_report
from test_notices import as_bytes

from provisioner.ports import Mail
from provisioner.report.data import Count, Limit
from provisioner.report.digest import SHOWN_ROWS, attachment, build_digest, digest_subject, render_digest, render_index


def of(tenant, **changes):
    return a_report(
        **({"tenant": tenant, "name": tenant.title(), "domain": f"{tenant}.example", "blocks": ()} | changes)
    )


def limit(used):
    return Limit(rule="hard-tenant", label="Addresses", sentence="", marks="", value=used, act=1)


def digest(*reports, fleet=None, **changes):
    fleet = [report.tenant for report in reports] if fleet is None else fleet
    return build_digest(reports, fleet=fleet, week="2026-W48", now=NOW, **changes)


FLEET = (
    of("vet", state="good", tone="good", limits=(limit(0.2),)),
    of("books", state="suspended", unenforced=("access key AKIA1 is active",)),
    of("school", state="good", activity="none", counts=(), limits=()),
    of("choir", state="suspended", proposals=("terminate: twice within 180 days",)),
    of("florist", state="good", limits=(limit(0.9),)),
    of("bakery", state="warned"),
    of("museum", state="good", activity="uncollected", counts=(), limits=()),
    of("gone", state="terminated"),
)


def test_worst_first():
    assert [row.report.tenant for row in digest(*FLEET).rows] == [
        "books", "choir", "museum", "bakery", "florist", "vet", "school", "gone",
    ]  # fmt: skip


def test_golden_digest_and_dashboard():
    made = digest(*FLEET, fleet=[*(one.tenant for one in FLEET), "lost"], alerts=["The account's bounce rate is 3 %."])
    report = render_digest(made)
    assert_golden("digest.txt", report.text)
    assert_golden("digest.json", report.json)
    assert_golden("digest.csv", report.csv)
    assert_golden("index.html", render_index(made))


def test_whoever_was_not_judged_is_named():
    """D4"""
    made = digest(of("vet", state="good"), fleet=["vet", "lost"])
    assert (made.judged, made.expected, made.unjudged) == (1, 2, ("lost",))
    for text in (render_digest(made).text, Page(render_index(made)).text):
        assert "1 of 2 tenants judged" in text
        assert "lost" in text
    assert "1 of 2 judged" in digest_subject(made)


@pytest.mark.parametrize(
    ("reports", "subject"),
    [
        ((of("vet", state="good"),), "Week 2026-W48: all 1 in good standing"),
        (FLEET, "Week 2026-W48: 1 enforcement incomplete, 1 decision waiting, 2 suspended, 1 warned"),
    ],
)
def test_the_subject_says_the_worst(reports, subject):
    assert digest_subject(digest(*reports)) == subject


def test_links_lead_to_the_tenants_reports_only():
    """F15"""
    made = digest(of("vet"), of("../../evil", name="x"), of("a", week='W"onclick='))
    assert Page(render_index(made)).links == ["../reports/vet/2026-W48.html"]
    assert Page(render_digest(made).html).links == []


def test_an_empty_fleet_has_a_page():
    assert "no tenants yet" in render_index(digest())


def test_totals_are_sums():
    counts = (Count(id="sent", label="", value=100), Count(id="hard", label="", value=None))
    made = digest(of("vet", counts=counts), of("choir", counts=counts), of("school", counts=()))
    assert made.totals == {"sent": 200}


def test_a_large_fleet_is_cut_on_the_page_but_not_in_the_csv():
    one = of("vet", state="good")
    made = digest(*(one for _ in range(SHOWN_ROWS + 1)), fleet=["vet"])
    page, report = render_index(made), render_digest(made)
    assert page.count("<tr>") == SHOWN_ROWS + 1
    assert "The worst 1,000 of 1,001" in page
    assert len(report.csv.splitlines()) == SHOWN_ROWS + 2


def test_the_digest_of_a_large_fleet_stays_a_small_mail():
    """H5"""
    name = "A site with a name that is rather long indeed"
    rows = (
        of("vet", name=name, unenforced=("access key AKIAEXAMPLE is active",), proposals=("terminate: x",))
        for _ in range(2_000)
    )
    alerts = [f"tenant-number-{number} was not judged: its facts cannot be read" for number in range(3_000)]
    made = digest(*rows, fleet=[f"tenant-number-{number}" for number in range(3_000)], alerts=alerts)
    report, (worst, _) = render_digest(made), attachment(made)
    mail = Mail(
        message_id="digest",
        to=("ops@inn.example",),
        subject=digest_subject(made),
        text=report.text,
        html=report.html,
        attachments=(("fleet.csv", "text/csv", worst.encode()),),
    )
    assert len(as_bytes(mail)) < 100_000


@pytest.mark.parametrize("count", [3, 51, 2_000])
def test_what_the_mail_leaves_out_is_said(count):
    """H5"""
    made = digest(*(of(f"site-{number:04}", state="good") for number in range(count)))
    worst, attached = attachment(made)
    report = render_digest(made)
    text, page = " ".join(report.text.split()), Page(report.html).text
    assert len(worst.splitlines()) == attached + 1
    assert len(report.csv.splitlines()) == count + 1
    assert worst.splitlines() == report.csv.splitlines()[: attached + 1]
    for form in (text, page):
        assert ("of them" in form or "listed here" in form) is (count > 50)
        assert ("attached file has all of them" in form) is (50 < count == attached)
        assert (f"has the worst {attached}, and dashboard/fleet.csv in the bucket has all" in form) is (
            count > attached
        )
    assert (attached == count) is (count <= 51)


def test_many_remarks_about_a_run_are_counted_in_the_mail_and_all_on_the_page():
    """H5"""
    made = digest(of("vet"), alerts=[f"remark {number}." for number in range(5_000)])
    report = render_digest(made)
    assert "remark 49." in report.text
    assert "4,950 more such remarks are on the dashboard's page." in " ".join(report.text.split())
    assert len(report.html) + len(report.text) < 40_000
    assert "remark 4999." in render_index(made)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_change_no_form(text):
    """F10, F11, F13"""
    made = digest(of("vet", name=text, domain=text, proposals=(text,), unenforced=(text,)), fleet=[text], alerts=[text])
    report = render_digest(made)
    plain = render_digest(digest(of("vet", proposals=("p",), unenforced=("u",)), fleet=["lost"], alerts=["a"]))
    assert set(Page(report.html).elements) == set(Page(plain.html).elements)
    assert not set(report.html + report.text + report.csv) & set("\x00\x07\x1b\u202e\u2066\u200b\u2028\x85")
    for row in csv.reader(io.StringIO(report.csv, newline="")):
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row)
