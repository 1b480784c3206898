"""What happened to a mail, in a closed vocabulary: one event per recipient, decided from what SES published.

These are also the *facts* stored by the collector (``provisioner/feedback/facts.py`` writes and reads them).
"""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Every kind of event the rules know. The comment says what a rule may conclude."""

    DELIVERY = "delivery"  # accepted by the receiving server: denominator, resets soft strikes
    DELAY = "delay"  # SES still tries: nothing
    HARD = "hard"  # the address is bad
    SOFT = "soft"  # given up after SES's own retries
    CONTENT = "content"  # the message was disliked: says nothing of the address
    POLICY = "policy"  # permanent, but 5.7.x: blames the sender
    RELAY = "relay"  # Apple private relay: the sender is not registered there
    ECHO = "echo"  # our own block answering
    AUTO_REPLY = "auto-reply"  # out of office
    UNDETERMINED = "undetermined"  # SES did not understand the bounce
    COMPLAINT = "complaint"  # one candidate: that recipient
    AMBIGUOUS_COMPLAINT = "ambiguous-complaint"  # several candidates: the tenant's complaint, nobody's strike
    IGNORED_COMPLAINT = "ignored-complaint"  # not-spam, auth-failure, or an echo
    VIRUS = "virus"  # Reject with "Bad content"
    REJECT = "reject"  # Reject for another reason: shown, never a strike
    OTHER = "other"  # Send, Open, Click …: known, and nothing to conclude from it
    UNKNOWN = "unknown"  # kept and counted, never a strike


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that happened to one recipient.

    ``id`` is the idempotency key: equal for every copy of the same event, on whichever path it came.
    Times are milliseconds since 1970 (UTC): ``at`` is when it happened (as SES says), ``arrived`` when it
    reached our queue. ``recipient`` is normalised (no display name, lower case) and may be empty when unknown:
    such an event counts for the tenant (each id for one recipient) and is nobody's strike.
    ``recipients`` > 1 only for an ambiguous complaint: the number of candidates.
    """

    kind: Kind
    id: str
    at: int
    arrived: int
    message_id: str
    recipient: str
    status: str = ""  # enhanced status code such as 5.1.1, or empty
    subtype: str = ""  # bounceSubType, complaintFeedbackType, reject reason or unknown type, as published
    diagnostic: str = ""  # at most 200 characters, as published
    simulator: bool = False  # mailbox simulator: counts in drills only
    recipients: int = 1
