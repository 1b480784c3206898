import email
import email.policy
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import pytest
from report_samples import HOSTILE, NOW, Page, a_block, a_manifest, a_notice, a_standing, evidence

from provisioner.errors import InnkeeperError
from provisioner.model.standing import Enforcement, Proposal, State
from provisioner.report.notices import SHOWN, audiences, receivers, render_notice

KINDS = ("warned", "suspended", "terminated", "reinstated", "blocked", "unblocked", "proposal", "relay", "policy",
         "content", "good", "invented-later")  # fmt: skip
STATES = {"suspended": State.SUSPENDED, "terminated": State.TERMINATED, "warned": State.WARNED}


def mail_for(notice, audience=None, manifest=None, standing=None):
    return render_notice(
        notice,
        manifest or a_manifest(),
        standing or a_standing(STATES.get(notice.kind, State.GOOD)),
        audience=audience or audiences(notice)[0],
    )


def as_bytes(mail):
    """The mail as the adapter of SES would send it."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["To"], message["Subject"] = ", ".join(mail.to), mail.subject
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for name, kind, content in mail.attachments:
        main, sub = kind.split("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_what_why_and_how_to_answer(kind):
    notice = a_notice(kind, recipients=("anna@acme.example",))
    for audience in audiences(notice):
        mail = mail_for(notice, audience)
        for text in (mail.text, Page(mail.html).text):
            flat = " ".join(text.split())
            assert "bakery-huber.example" in flat
            assert "8.4 % of 190 mails" in flat
            assert "hard-tenant" in flat
            assert "8 %" in flat.replace("\u00a0", " ")
        if audience == "tenant":
            assert "ops@inn.example" in mail.text
            assert mail.reply_to == "ops@inn.example"
        else:
            assert "innkeeper explain bakery" in mail.text or "innkeeper status bakery" in mail.text


@dataclass
class Readback:
    name: str
    enforcement: Enforcement | None
    off: bool


@pytest.mark.parametrize(
    "case",
    [
        Readback("never read back", None, off=False),
        Readback("one lever refused", Enforcement(at=NOW, complete=False, missing=("deny policy",)), off=False),
        Readback(
            "complete, but before the decision", Enforcement(at=NOW - timedelta(days=7), complete=True), off=False
        ),
        Readback("complete", Enforcement(at=NOW, complete=True), off=True),
        Readback("complete later", Enforcement(at=NOW + timedelta(minutes=3), complete=True), off=True),
    ],
    ids=lambda case: case.name,
)
@pytest.mark.parametrize("kind", ["suspended", "terminated"])
def test_switched_off_is_a_fact_only_after_reading_back(kind, case):
    """D7"""
    mail = mail_for(a_notice(kind), standing=a_standing(STATES[kind], enforcement=case.enforcement))
    done = "has been switched off" in " ".join(mail.text.split())
    doing = "being switched off" in " ".join(mail.text.split())
    assert (done, doing) == (case.off, not case.off)
    assert ("uspended: " in mail.subject or "has been" in mail.subject) is case.off


def test_the_operator_sees_which_levers_are_missing():
    """D7"""
    standing = a_standing(enforcement=Enforcement(at=NOW, complete=False, missing=("access key AKIA1 is active",)))
    mail = mail_for(a_notice(), "operator", standing=standing)
    assert "missing: access key AKIA1 is active" in mail.text
    assert "innkeeper enforce bakery" in mail.text
    assert "AKIA1" not in mail_for(a_notice(), "tenant", standing=standing).text


def test_a_late_notice_says_that_things_have_moved_on():
    standing = a_standing(State.GOOD)
    assert "the standing of bakery-huber.example is now “good”" in " ".join(
        mail_for(a_notice(), standing=standing).text.split()
    )


@pytest.mark.parametrize(
    ("contacts", "to"),
    [
        (("anna@mailbox.example",), ("anna@mailbox.example",)),
        (("info@bakery-huber.example", "anna@mailbox.example"), ("info@bakery-huber.example", "anna@mailbox.example")),
        (("info@bakery-huber.example",), ("info@bakery-huber.example", "ops@inn.example")),
        (("info@Mail.Bakery-Huber.example.",), ("info@Mail.Bakery-Huber.example.", "ops@inn.example")),
        (("x@notbakery-huber.example",), ("x@notbakery-huber.example",)),
    ],
)
def test_never_only_to_the_suspended_domain(contacts, to):
    """H3"""
    assert receivers(a_manifest(contacts=contacts), "tenant") == to


def test_a_proposal_is_for_the_operator_only():
    notice = a_notice("proposal")
    assert audiences(notice) == ("operator",)
    with pytest.raises(InnkeeperError, match="not for 'tenant'"):
        mail_for(notice, "tenant")


def test_a_proposal_names_what_is_proposed():
    proposal = Proposal(id="p1", at=NOW, action="terminate", evidence=evidence())
    mail = mail_for(a_notice("proposal"), standing=a_standing(proposals=(proposal,)))
    assert "to end its mail for good" in mail.subject
    assert 'innkeeper confirm bakery p1 --reason "…"' in mail.text
    assert 'innkeeper dismiss bakery p1 --reason "…"' in mail.text


def test_a_repeat_carries_the_same_message_id_and_audiences_differ():
    """H2"""
    notice = a_notice()
    ids = [mail_for(notice, audience).message_id for audience in ("tenant", "operator", "tenant", "operator")]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]
    assert ids[0] == notice.id


def test_blocked_people_are_listed_with_reason_and_date():
    blocks = {"a@x.example": a_block("soft", NOW + timedelta(days=30)), "b@x.example": a_block("complaint")}
    mail = mail_for(a_notice("blocked", recipients=tuple(blocks)), standing=a_standing(State.GOOD, blocks=blocks))
    assert "a@x.example - mail could not be delivered several times, until 23 December 2026" in mail.text
    assert "b@x.example - this person complained, until lifted" in mail.text
    assert not mail.attachments


@pytest.mark.parametrize("count", [50, 51, 700, 12_000])
@pytest.mark.parametrize("kind", ["blocked", "unblocked"])
def test_a_mail_about_many_addresses_stays_small(kind, count):
    """H5"""
    people = tuple(f"somebody.with.a.long.name.{number:05}@some-company.example" for number in range(count))
    mail = mail_for(a_notice(kind, recipients=people))
    assert len(as_bytes(mail)) < 100_000
    assert mail.text.count("@some-company.example") == min(count, SHOWN)
    assert f"{count:,} addresses" in mail.subject
    if count > SHOWN:
        rows = mail.attachments[0][2].decode().splitlines()[1:]
        complete = len(rows) == count
        assert complete or f"has {len(rows):,}; the whole list is in" in " ".join(mail.text.split())
        assert complete is (count <= 700)


def test_long_evidence_stays_small_too():
    """H5"""
    notice = a_notice("blocked", evidence=tuple(evidence(sentence="s" * 3_000) for _ in range(500)))
    assert len(as_bytes(mail_for(notice))) < 100_000


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["suspended", "blocked", "proposal", "relay"])
def test_hostile_text_changes_neither_page_nor_headers(kind, text):
    """F5, F10, F12, F13, F15"""
    harmless = a_notice(kind, recipients=("a@x.example",), reason="r", by="b")
    notice = a_notice(
        kind,
        recipients=(text,),
        evidence=(evidence(sentence=text, numbers={"recipients": text, text: 1}),),
        by=text,
        reason=text,
    )
    standing = a_standing(State.GOOD, blocks={text: a_block(text)})
    for audience in audiences(notice):
        mail = mail_for(notice, audience, a_manifest(name=text, from_name=text), standing)
        page, plain = Page(mail.html), Page(mail_for(harmless, audience).html)
        assert set(page.elements) <= set(plain.elements) | {"code"}
        assert page.links == []
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert len(mail.subject.splitlines()) == 1
        for part in (mail.text, mail.html, mail.subject):
            assert not set(part) & set("\x00\x07\x1b\r\u202e\u2066\u200b\u2028\x85")
            part.encode()
        parsed = email.message_from_bytes(as_bytes(mail), policy=email.policy.default)
        assert set(parsed.keys()) == {"To", "Subject", "MIME-Version", "Content-Type"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_needs_nothing_from_outside_and_has_one_heading(kind):
    """F15"""
    page = Page(mail_for(a_notice(kind)).html)
    assert page.links == []
    assert page.elements.count("h1") == 1
    assert ("lang", "en") in page.attributes


def test_the_likely_cause_of_a_flood_of_unknown_users_is_named():
    """C13"""
    assert "robots" in mail_for(a_notice(evidence=(evidence("hard-flood"),))).text


def test_apple_relay_advice_blocks_nobody_and_says_what_to_register():
    """C7"""
    mail = mail_for(a_notice("relay", evidence=(evidence("apple-relay"),)))
    text = " ".join(mail.text.split())
    assert "wordpress@bakery-huber.example" in text
    assert "they have not been blocked" in text
