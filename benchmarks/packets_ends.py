"""The two ends of `packets.py`: a site with a name server, HTTPS and a data sink; and a host that sends at full rate."""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import struct
import threading
import time
from ipaddress import IPv4Address
from typing import Any

from containment_lab.gateway.envoy_syntax import TYPE, make_typed_extension
from containment_lab.internet.name_servers import parse_question

RESOLVER, SITE = IPv4Address("10.99.20.2"), IPv4Address("198.19.0.1")
TLS_PORT, BULK_PORT = 443, 8443
HTTPS, SINK = 10443, 10444
"""The ports on which the site listens; packets to TLS_PORT and BULK_PORT are redirected to them."""


def server(pem: str) -> dict[str, Any]:
    """Return the configuration of an Envoy that answers HTTPS requests itself; `pem` has certificate and private key."""
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok"}}}
    routes = {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [answer]}]}
    manager = make_typed_extension(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="http", route_config=routes, http_filters=[make_typed_extension("envoy.extensions.filters.http.router.v3.Router")],
    )  # fmt: skip
    tls = {"tls_certificates": [{"certificate_chain": {"inline_string": pem}, "private_key": {"inline_string": pem}}]}
    chain = {
        "filters": [manager],
        "transport_socket": {
            "name": "tls",
            "typed_config": {"@type": f"{TYPE}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", "common_tls_context": tls},
        },
    }
    address = {"socket_address": {"address": "0.0.0.0", "port_value": HTTPS}}
    return {"static_resources": {"listeners": [{"name": "sites", "address": address, "filter_chains": [chain]}]}}


def serve() -> None:
    """Resolve every name to one address and discard all received data, forever."""

    def names() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.bind((str(RESOLVER), 53))
            while True:
                query, peer = handle.recvfrom(4096)
                if (asked := parse_question(query)) is None:
                    continue
                end = 12 + len(asked.name) + 2 + 4
                has = query[end - 4 : end - 2] == b"\0\1"
                record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + SITE.packed if has else b""
                handle.sendto(query[:2] + b"\x81\x80\0\1" + struct.pack("!HHH", has, 0, 0) + query[12:end] + record, peer)

    def take(connection: socket.socket) -> None:
        buffer = bytearray(1 << 20)
        with connection:
            while connection.recv_into(buffer):
                pass

    threading.Thread(target=names, daemon=True).start()
    with socket.create_server(("0.0.0.0", SINK)) as listening:
        while True:
            threading.Thread(target=take, args=(listening.accept()[0],), daemon=True).start()


def send(name: str, seconds: float, flows: int = 4) -> None:
    """Send at full rate after a TLS client hello with a permitted name, and print bits and seconds as JSON."""
    hello = ssl.MemoryBIO()
    context = ssl.create_default_context()
    session = context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        first = hello.read()
    sent = [0] * flows
    begun = time.monotonic()

    def flow(index: int) -> None:
        with socket.create_connection((str(SITE), BULK_PORT)) as handle:
            handle.sendall(first)
            block = bytes(1 << 20)
            while time.monotonic() < begun + seconds:
                sent[index] += handle.send(block)

    threads = [threading.Thread(target=flow, args=(index,)) for index in range(flows)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    print(json.dumps({"bits": sum(sent) * 8, "seconds": time.monotonic() - begun}))


def main() -> None:
    """Run one of the two ends in the current network namespace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--send", default="", metavar="NAME")
    given = parser.parse_args()
    if given.send:
        send(given.send, given.seconds)
    else:
        serve()


if __name__ == "__main__":
    main()
