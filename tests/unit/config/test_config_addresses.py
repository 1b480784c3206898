"""Domains and addresses: what people type, and what is meant (faults E12, F12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_hostile import HOSTILE, hostile_text

from provisioner.config.addresses import address, domain, is_within
from provisioner.config.networks import network
from provisioner.config.problem import Wrong


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("bakery.example", "bakery.example"),
        ("Bakery.EXAMPLE", "bakery.example"),
        ("bäckerei.example", "xn--bckerei-5wa.example"),
        ("BÄCKEREI.example", "xn--bckerei-5wa.example"),
        ("ba\u0308ckerei.example", "xn--bckerei-5wa.example"),
        ("xn--bckerei-5wa.example", "xn--bckerei-5wa.example"),
        ("bakery。example", "bakery.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("山田.example", "xn--rhtu98c.example"),
        ("bakery.co.uk", "bakery.co.uk"),
        ("anna.github.io", "anna.github.io"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_one_normal_form(written, normal):
    """E12: two spellings of one domain must not pass for two domains."""
    assert domain(written) == normal


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("example", "belongs to everybody"),
        ("co.uk", "belongs to everybody"),
        ("github.io", "belongs to everybody"),
        ("localhost", "private networks"),
        ("bakery.local", "private networks"),
        ("bakery.test", "private networks"),
        ("192.0.2.1", "IP address"),
        ("[2001:db8::1]", "not a valid domain"),
        ("2001:db8::1", "not a valid domain"),
        ("bakery.example.", "ends with a dot"),
        (".bakery.example", "empty part"),
        ("bakery..example", "empty part"),
        ("https://bakery.example", "web address"),
        ("bakery.example/shop", "web address"),
        ("anna@bakery.example", "e-mail address"),
        ("*.bakery.example", "holds a *"),
        ("_dmarc.bakery.example", "not a"),
        ("-a.example", "not a"),
        ("a-.example", "not a"),
        ("bakery example", "not a valid domain"),
        (f"{'a' * 64}.example", "63 characters"),
        (".".join(["a" * 60] * 5) + ".example", "not a valid domain"),
        ("xn--a.example", "not a valid domain"),
        ("xn--.example", "not a valid domain"),
        ("bakery.1", "IP address"),
        ("", "not a valid domain"),
    ],
)
def test_domains_nobody_can_send_from(written, reason):
    with pytest.raises(Wrong) as caught:
        domain(written)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "written",
    ["anna", "@mail.example", "anna@", "Anna <anna@mail.example>", "a@b.example, c@d.example", "a b@mail.example",
     "a..b@mail.example", ".a@mail.example", '"a b"@mail.example', "ä@mail.example", "a@localhost", "a@[192.0.2.1]",
     "a@mail.example.", f"{'a' * 65}@mail.example", "a@mail.example\nBcc: eve@mail.example",
     "a\r\n@mail.example"],
)  # fmt: skip
def test_addresses_that_are_refused(written):
    with pytest.raises(Wrong):
        address(written)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Anna.Meier+shop@Mail.Example", "Anna.Meier+shop@mail.example"),
        ("o'hara@mail.example", "o'hara@mail.example"),
        ("anna@bäckerei.example", "anna@xn--bckerei-5wa.example"),
    ],
)
def test_addresses_keep_their_left_side(written, normal):
    assert address(written) == normal


@pytest.mark.parametrize("local", ["*", "a?", "${aws:username}", "a!b", "a%b", "a'b", "{{x}}"])
def test_plain_addresses_mean_nothing_to_iam_or_dns(local):
    """D12, F14: these are legal left sides, and code or wildcards elsewhere."""
    with pytest.raises(Wrong):
        address(f"{local}@mail.example", plain=True)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_or_a_plain_name(text):
    """M6: what passes is made of letters, digits, dots and hyphens."""
    for check in (domain, network, address, lambda value: domain(f"{value}.example")):
        try:
            found = check(text)
        except Wrong:
            continue
        assert found.isascii()
        assert found.isprintable()
        assert not set(found) & set(' "<>\\(),;')


@given(st.one_of(hostile_text(), st.text(max_size=300).map(lambda text: f"{text}.example")))
def test_normal_form_is_stable(text):
    """What is accepted once is accepted again, unchanged."""
    for check in (domain, address, network):
        try:
            found = check(text)
        except Wrong:
            continue
        assert check(found) == found


def test_is_within_compares_whole_labels():
    assert is_within("shop.bakery.example", "bakery.example")
    assert is_within("bakery.example", "bakery.example")
    assert not is_within("mybakery.example", "bakery.example")
