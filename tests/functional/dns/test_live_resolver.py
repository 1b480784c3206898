"""A real DNS server on the loopback, so that real packets are asked for and read."""

import socketserver
import threading

import dns.flags
import dns.message
import dns.resolver
import dns.rrset
import pytest

from provisioner.dns import LiveResolver, ask_server

ZONE = {
    ("example.", "NS"): ["ns.example."],
    ("example.", "SOA"): ["ns.example. admin.example. 1 2 3 4 5"],
    ("ns.example.", "A"): ["127.0.0.1"],
    ("bakery.example.", "NS"): ["ns.example.", "ns2.example."],
    ("ns2.example.", "A"): ["127.0.0.1"],
    ("bakery.example.", "SOA"): ["ns.example. admin.example. 1 2 3 4 5"],
    ("bounce.bakery.example.", "MX"): ["10 feedback-smtp.eu-central-1.amazonses.com."],
    ("bounce.bakery.example.", "TXT"): ['"v=spf1 include:" "amazonses.com ~all"'],
}


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA | dns.flags.RA
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        values = ZONE.get((question.name.to_text(), kind))
        if values:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif not any(name == question.name.to_text() for name, _ in ZONE):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        sock.sendto(reply.to_wire(), self.client_address)


@pytest.fixture(scope="module")
def resolver():
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stub = dns.resolver.Resolver(configure=False)
        stub.nameservers = ["127.0.0.1"]
        stub.port = server.server_address[1]
        yield LiveResolver(stub, ask_server, port=server.server_address[1])
        server.shutdown()


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("bounce.bakery.example", "MX", ("10 feedback-smtp.eu-central-1.amazonses.com",)),
        ("bounce.bakery.example", "TXT", ("v=spf1 include:amazonses.com ~all",)),
        ("bounce.bakery.example", "CNAME", ()),
    ],
)
def test_records_are_read_from_the_responsible_server(resolver, name, kind, values):
    assert resolver.ask(name, kind).values == values


def test_the_parents_delegation_is_read(resolver):
    assert sorted(resolver.nameservers("bakery.example").values) == ["ns.example", "ns2.example"]


def test_a_silent_server_is_an_error_in_words():
    stub = dns.resolver.Resolver(configure=False)
    stub.nameservers = ["127.0.0.1"]
    stub.port = 9  # discard: nothing answers
    silent = LiveResolver(stub)
    stub.lifetime = 0.3
    assert "no answer from DNS" in silent.ask("x.example", "MX").error
    assert "no answer from DNS" in silent.nameservers("x.example").error
