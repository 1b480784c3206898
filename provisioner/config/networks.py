"""Where a tenant's web server may be: addresses and networks in CIDR form."""

import ipaddress

from provisioner.config.problem import Code, Wrong, quoted

# SES sees the public address of a server; a condition on one of these would lock the site out.
_NEVER_SEEN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/3", "::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip


def network(text: str) -> str:
    """An address or network as CIDR. Raises Wrong for what SES could never see as a sender."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise Wrong(Code.NETWORK, f"{quoted(text)} is not an IP address or network", _nearest(text)) from None
    if found.prefixlen == 0:
        raise Wrong(Code.NETWORK, "stands for every address there is", "leave source_ips out to allow any")
    if any(found.version == never.version and found.overlaps(never) for never in _NEVER_SEEN):
        raise Wrong(Code.NETWORK, f"{quoted(text)} is not a public address", "use the server's public address")
    return str(found)


def _nearest(text: str) -> str:
    try:
        return f"did you mean {ipaddress.ip_network(text, strict=False)}?"
    except ValueError:
        return "such as 192.0.2.10 or 192.0.2.0/24"
