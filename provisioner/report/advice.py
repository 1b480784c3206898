"""What to do about each kind of finding, for people who run a web site, not a mail server."""

from collections.abc import Iterable

import msgspec

from provisioner.model.standing import Evidence


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` ends the sentence "because of …"; ``cause`` is the likely one; ``steps`` are in order."""

    name: str
    cause: str
    steps: tuple[str, ...]


_BY_TOPIC = {
    "guessing": Advice(
        name="mail to guessed addresses",
        cause=(
            "Many mails went to people at one organisation who do not exist there, and the addresses look made up "
            "from names or job titles. Mailbox providers treat that as an attack on their users."
        ),
        steps=(
            "Stop the mailing that these addresses belong to.",
            "Find out where the addresses came from, and delete the whole list.",
            "Reply to this mail and say who made the list and what for.",
        ),
    ),
    "virus": Advice(
        name="a message with a virus",
        cause=(
            "Amazon scans every mail. One from your site carried a file that it recognised as harmful, so the whole "
            "message was dropped. Either somebody sent an infected attachment, or the site itself has been broken into."
        ),
        steps=(
            "Find the message and the file. Do not send it again, not even to show it to us.",
            "Scan the computer that the file came from.",
            (
                "Update WordPress, its plugins and themes; look for plugins and users that you do not know; "
                "change the administrators' passwords."
            ),
            "Reply to this mail: what it was, how it got there, and what you have changed.",
        ),
    ),
    "complaint": Advice(
        name="complaints by recipients",
        cause=(
            "People pressed “this is spam” on mail from your site. Usually they did not ask for it, no longer remember "
            "asking for it, or found no easy way to unsubscribe."
        ),
        steps=(
            "Find out which mailing it was, and pause it.",
            "Write only to people who asked for it, and confirmed that by a link in a first mail.",
            "Put a link to unsubscribe where everybody sees it; one click must be enough.",
            "Write less often, and say in each mail why the reader receives it.",
        ),
    ),
    "soft": Advice(
        name="mail that could not be delivered for the time being",
        cause=(
            "The receiving servers were reached, but would not take the mail even after many hours of trying: full "
            "mailboxes, servers out of order, or a provider that is wary of your mail."
        ),
        steps=(
            "Look at the addresses. If most are at one provider, wait a day before you send there again.",
            "Remove people who have not opened or answered anything for a long time.",
        ),
    ),
    "hard": Advice(
        name="mail to addresses that do not exist",
        cause=(
            "The most frequent cause is a form on your site (registration, newsletter, comments, contact) that robots "
            "fill in with invented addresses. The next is an old or bought list."
        ),
        steps=(
            "Protect every form that sends mail with a captcha or a hidden trap field.",
            "Ask new subscribers to confirm by a link before anything else is sent to them.",
            "Remove the addresses that were blocked from your users, orders and lists.",
            "Never send to a list that you did not collect yourself.",
        ),
    ),
    "relay": Advice(
        name="mail to Apple's private relay",
        cause=(
            "Addresses that end in privaterelay.appleid.com belong to people who signed in with Apple and hid their "
            "own address. Apple passes mail on only from senders that the site's owner has registered. "
            "The addresses are fine, so they have not been blocked."
        ),
        steps=(
            (
                "Sign in to your Apple developer account: Certificates, Identifiers & Profiles, Services, "
                "Sign in with Apple for Email Communication."
            ),
            "Add your domain and your sender's address there. They are shown below.",
            "Send one mail to such an address again.",
        ),
    ),
    "policy": Advice(
        name="mail refused because of its sender",
        cause=(
            "The receiving servers answered with a code that starts with 5.7: they refuse the sender, not the "
            "recipient. Usually a check of the domain (SPF, DKIM, DMARC) failed, or your domain or the text of the "
            "mail has a bad name with them. No address has been blocked for it."
        ),
        steps=(
            "Make sure that every form and plugin sends from an address of your own domain.",
            "Ask the operator to check the domain's DNS records (the command is “verify”).",
            "Read what the server answered, below; it often gives a page with the reason.",
        ),
    ),
    "content": Advice(
        name="mail refused because of its content",
        cause=(
            "The receiving servers did not like the message itself: too large, a kind of attachment that they refuse, "
            "or text that looks like spam. No address has been blocked for it."
        ),
        steps=(
            "Send a link to the file instead of the file. Many servers stop at 10 MB, some earlier.",
            "Do not attach programs, scripts or password-protected archives.",
        ),
    ),
    "auto-reply": Advice(
        name="automatic replies", cause="These are out-of-office replies; nothing is wrong.", steps=()
    ),
}

_OTHER = Advice(name="what the rules found", cause="", steps=("Reply to this mail if you do not understand it.",))

# Rule and kind names lead here; the first that is part of the name wins.
_WORDS = (
    ("guess", "guessing"),
    ("virus", "virus"),
    ("complain", "complaint"),
    ("relay", "relay"),
    ("policy", "policy"),
    ("sender", "policy"),
    ("content", "content"),
    ("too-large", "content"),
    ("message", "content"),
    ("attachment", "content"),
    ("auto-reply", "auto-reply"),
    ("soft", "soft"),
    ("hard", "hard"),
    ("bounce", "hard"),
)


def topic(name: str) -> str:
    """The topic of a rule id, notice kind or transition kind; empty where we have no advice."""
    return next((topic for word, topic in _WORDS if word in name.lower()), "")


def advice_for(names: Iterable[str]) -> Advice:
    """The advice for the first name that has some."""
    return next((_BY_TOPIC[found] for name in names if (found := topic(name))), _OTHER)


def advice_on(evidence: Iterable[Evidence], kind: str = "") -> Advice:
    """The advice for a notice: its evidence says more than its kind."""
    return advice_for((*(item.rule for item in evidence), kind))
