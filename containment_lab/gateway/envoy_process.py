"""Envoy process of the gateway: start it with a listener, replace the listener while it runs, and check that it is in force.

The bootstrap configuration has the clusters for the gateway's outbound connections and the path of the listener's file.
A new list of rules is one file, replaced whole; Envoy keeps every connection that both lists treat alike.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

from containment_lab.gateway.address_filter import PERMIT_MARK, PROXY_PORT
from containment_lab.gateway.enforced_policy import GatewayPolicy
from containment_lab.gateway.envoy_api.encode import encode
from containment_lab.gateway.envoy_syntax import TYPE, Json, make_typed_extension
from containment_lab.gateway.filter_chains import ASKED_TLS, NAMED_TLS, add_listener_log, build_name_cache
from containment_lab.gateway.proxy_configuration import build_listener
from containment_lab.home import write_whole
from containment_lab.internet.certificates import Authority
from containment_lab.linux import netns
from containment_lab.linux.child_programs import Programs
from containment_lab.linux.tools import find_envoy

LISTENERS = "listeners.pb"
"""The listener's file. Binary: Envoy reads a long list of names from it several times faster than from JSON."""
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_UPSTREAM_HTTP = {
    _HTTP_OPTIONS: {
        "@type": TYPE + _HTTP_OPTIONS,
        "common_http_protocol_options": {"idle_timeout": "5s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
}
"""HTTP/1.1 to destinations; idle connections are closed before a destination closes them during a request."""


def build_bootstrap(folder: str, resolver: IPv4Address, authority: Path) -> Json:
    """Return Envoy's bootstrap configuration: clusters with the permit mark, and the path of the listener's file.

    The admin socket's path is relative to Envoy's working directory: a socket's whole path has at most 107 characters.

    Args:
        folder: The folder of the listener's file.
        resolver: The VPC's resolver.
        authority: The certificate (PEM) of the authority that signs destinations' certificates.
    """
    mark = {"socket_options": [{"level": 1, "name": 36, "int_value": PERMIT_MARK, "description": "SO_MARK"}]}
    kind = "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig"
    # "Insecure" in Envoy's sense: a destination's certificate is compared with the connection's server name, not with the Host.
    names = make_typed_extension(kind, dns_cache_config=build_name_cache(resolver), allow_insecure_cluster_options=True)
    common = {"lb_policy": "CLUSTER_PROVIDED", "connect_timeout": "5s", "upstream_bind_config": mark}
    over_tls = {"transport_socket": _build_upstream_tls(authority), "typed_extension_protocol_options": _UPSTREAM_HTTP, **common}
    return {
        "node": {"id": "gateway", "cluster": "lab"},
        "admin": {"address": {"pipe": {"path": "admin.sock", "mode": 0o600}}},
        "dynamic_resources": {"lds_config": {"path_config_source": {"path": f"{folder}/{LISTENERS}"}}},
        "static_resources": {
            "clusters": [
                {"name": "asked", "type": "ORIGINAL_DST", **common},
                {"name": "asked_http", "type": "ORIGINAL_DST", **common},
                {"name": "named", "cluster_type": names, **common},
                {"name": ASKED_TLS, "type": "ORIGINAL_DST", **over_tls},
                {"name": NAMED_TLS, "cluster_type": names, **over_tls},
            ]
        },
        "overload_manager": {
            "resource_monitors": [
                make_typed_extension(
                    "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    max_active_downstream_connections="50000",
                )
                | {"name": "envoy.resource_monitors.global_downstream_max_connections"}
            ]
        },
    }


def _build_upstream_tls(authority: Path) -> Json:
    """Return the TLS context for destinations: certificates must be from the authority and for the connection's server name."""
    validation = {"trusted_ca": {"filename": str(authority)}}
    kind = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    return make_typed_extension(kind, common_tls_context={"alpn_protocols": ["http/1.1"], "validation_context": validation})


NAME = "gateway"
_OPTIONS = ["--concurrency", "2", "-l", "error", "--disable-hot-restart", "--file-flush-interval-msec", "100"]
_DRAINING = ["--drain-time-s", "2", "--drain-strategy", "immediate"]


class Envoy:
    """The proxy of one gateway; its files are in the folder, and `hear` receives its access log."""

    def __init__(self, folder: Path, programs: Programs, authorities: tuple[Authority, Authority], hear: Callable[[str], None]) -> None:
        """Create the proxy without starting it; `authorities` are the destinations' and the gateway's."""
        self._folder, self._programs, self._hear = folder, programs, hear
        self._world, self._own = authorities
        self._version = 0
        """The version of the newest rules; Envoy reports it once they are in force."""
        self._refused = 0

    async def enforce_policy(self, namespace: str, policy: GatewayPolicy, resolver: IPv4Address, *, fresh: bool) -> None:
        """Start the proxy if it does not run, and put a policy in force.

        Args:
            namespace: The gateway's namespace.
            policy: The policy.
            resolver: The VPC's resolver.
            fresh: Whether policy or resolver changed since the last call.
        """
        if fresh:
            # In a thread: encoding a long list of names would block the simulated internet's servers.
            self._version += 1
            await asyncio.to_thread(self._write, policy, resolver)
        if self._programs.get_pid(NAME) is None:
            write_whole(self._folder / "envoy.json", json.dumps(build_bootstrap(str(self._folder), resolver, self._world.file)))
            command = [find_envoy(), "-c", str(self._folder / "envoy.json"), *_OPTIONS, *_DRAINING]
            await self._programs.start(NAME, namespace, command, self._hear)
            self._refused = 0
            await self._programs.await_ready(NAME, lambda: _is_listening(namespace), "Envoy")
        elif fresh:
            await self._programs.await_ready(NAME, self._has_taken, "Envoy with the new rules")

    def _write(self, policy: GatewayPolicy, resolver: IPv4Address) -> None:
        response = {
            "version_info": str(self._version),
            "resources": [add_listener_log(build_listener(policy, resolver, self._own.get_pem))],
        }
        aside = self._folder / f".{LISTENERS}.new"
        aside.touch(mode=0o600)  # it contains the key of the gateway's certificates
        aside.write_bytes(encode("DiscoveryResponse", response))
        aside.replace(self._folder / LISTENERS)  # not synced to the disk: after a crash of the machine no Envoy reads it

    def _has_taken(self) -> bool:
        """Return whether the newest rules are in force; raise RuntimeError if Envoy refused them."""
        stats = fetch_admin(self._folder / "admin.sock", "/stats?filter=listener_manager.lds.")
        counts = dict(re.findall(r"listener_manager\.lds\.(update_rejected|version_text): \"?(\w*)", stats))
        if counts.get("version_text") == str(self._version):
            return True
        refused = int(counts.get("update_rejected", self._refused))
        if refused > self._refused:
            self._refused = refused
            raise RuntimeError(f"Envoy refuses the rules: see {self._folder / f'{NAME}.err'}")
        return False


def _is_listening(namespace: str) -> bool:
    def connect() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", PROXY_PORT), timeout=0.2):
                return True
        except OSError:
            return False

    return netns.run_within(namespace, connect)


def fetch_admin(path: Path, what: str) -> str:
    """Return the answer of Envoy's admin socket; a socket's path has at most 107 characters, so an open folder shortens it."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as handle:
            handle.settimeout(2)
            handle.connect(f"/proc/self/fd/{folder}/{path.name}")
            handle.sendall(f"GET {what} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n".encode())
            got = b""
            while data := handle.recv(65536):
                got += data
    finally:
        os.close(folder)
    return got.decode("utf-8", "replace")
