"""Asks live DNS, at the servers that are responsible for a name, so that no cache answers with yesterday."""

from collections.abc import Callable

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.resolver
from dns.rdata import Rdata

from provisioner.onboarding.verify import Answer

_TIMEOUT_SECONDS = 4.0

# One question to one server: (name, type, server address, port) -> answering message.
Ask = Callable[[dns.name.Name, str, str, int], dns.message.Message]


def ask_server(name: dns.name.Name, kind: str, server: str, port: int) -> dns.message.Message:
    """One question over UDP, over TCP when the answer does not fit."""
    query = dns.message.make_query(name, kind)
    answer, _ = dns.query.udp_with_fallback(query, server, port=port, timeout=_TIMEOUT_SECONDS)
    return answer


class LiveResolver:
    """Answers from the authoritative servers. ``resolver`` finds those servers (default: the machine's own)."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None, ask: Ask = ask_server, port: int = 53) -> None:
        self._resolver = resolver or dns.resolver.Resolver()
        self._resolver.lifetime = _TIMEOUT_SECONDS * 2
        self._ask = ask
        self._port = port

    def ask(self, name: str, kind: str) -> Answer:
        """Records of ``kind``; an error in words where there is no answer at all."""
        absolute = dns.name.from_text(name)
        try:
            return self._authoritative(absolute, kind)
        except dns.resolver.NXDOMAIN:
            return Answer(error="no such name")
        except (dns.resolver.NoNameservers, dns.exception.Timeout, OSError) as error:
            return Answer(error=f"no answer from DNS ({type(error).__name__})")
        except dns.exception.DNSException as error:
            return Answer(error=f"DNS: {type(error).__name__}")

    def nameservers(self, domain: str) -> Answer:
        """What the parent zone delegates to, which a new zone cannot tell of itself."""
        absolute = dns.name.from_text(domain)
        try:
            parent = dns.resolver.zone_for_name(absolute.parent(), resolver=self._resolver)
            message = self._first(self._servers(parent), absolute, "NS")
        except (dns.exception.DNSException, OSError) as error:
            return Answer(error=f"no answer from DNS ({type(error).__name__})")
        return Answer(_values([*message.answer, *message.authority], absolute, "NS"))

    def _authoritative(self, name: dns.name.Name, kind: str) -> Answer:
        zone = dns.resolver.zone_for_name(name, resolver=self._resolver)
        message = self._first(self._servers(zone), name, kind)
        return Answer(_values(message.answer, name, kind))

    def _servers(self, zone: dns.name.Name) -> list[str]:
        hosts = [str(item.target) for item in self._resolver.resolve(zone, "NS")]
        return [str(item) for host in hosts for item in self._resolver.resolve(host, "A")]

    def _first(self, servers: list[str], name: dns.name.Name, kind: str) -> dns.message.Message:
        """The first server that answers; a silent one costs one time-out."""
        last: Exception = TimeoutError("no server to ask")
        for server in servers[:3]:
            try:
                return self._ask(name, kind, server, self._port)
            except (dns.exception.Timeout, OSError) as error:
                last = error
        raise last


def _values(sections: list[dns.rrset.RRset], name: dns.name.Name, kind: str) -> tuple[str, ...]:
    wanted = dns.rdatatype.from_text(kind)
    return tuple(_text(item) for rrset in sections if rrset.name == name and rrset.rdtype == wanted for item in rrset)


def _text(item: Rdata) -> str:
    """A TXT's strings joined as mail software joins them; anything else as written, without the final dot."""
    strings = getattr(item, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return str(item).rstrip(".")
