"""User data of the credential gateway's host: its configuration and two systemd units; software comes with the image, and keys never.

The image has Envoy and this package under `/opt/credential-gateway`, and a user `credential-gateway`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from containment.config.spec import ContainmentSpec
from containment.credential_gateway.api import CredentialApi
from containment.gateway_service.configuration import format_configuration
from containment.host.first_boot import LIMIT, build_entry
from containment.host.host_file import HostFile
from containment.systemd_units.unit_file import format_command, format_unit

USER: Final = "credential-gateway"
FOLDER: Final = "/opt/credential-gateway"
CONFIG: Final = "/etc/credential-gateway/gateway.json"
_RUN: Final = "/run/credential-gateway"
_SERVICE: Final = (f"{FOLDER}/bin/python", "-m", "containment.gateway_service")
_HARDENED: Final = """NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
RemoveIPC=yes
UMask=0077
LimitCORE=0
"""


def build_units(port: int) -> dict[str, str]:
    """Return the two units by name: the decision service, and Envoy, which writes its configuration first.

    Args:
        port: the port that agents connect to.
    """
    socket = ("--config", CONFIG, "--socket", f"{_RUN}/authorizer.sock")
    serve = format_command([*_SERVICE, "serve", *socket])
    write = format_command([*_SERVICE, "envoy", *socket, "--port", str(port), "--output", f"{_RUN}/envoy.json"])
    start = format_command([f"{FOLDER}/bin/envoy", "-c", f"{_RUN}/envoy.json", "-l", "warning", "--disable-hot-restart"])
    common = [f"User={USER}", "Restart=always", "RestartSec=2", *_HARDENED.splitlines()]
    directory = ["RuntimeDirectory=credential-gateway", "RuntimeDirectoryMode=0700", "RuntimeDirectoryPreserve=yes"]
    return {
        "credential-gateway-authorizer.service": _format_unit(
            "Decisions and keys of the credential gateway",
            "network-online.target",
            [f"ExecStart={serve}", "MemoryDenyWriteExecute=yes", *directory, *common],
        ),
        "credential-gateway-envoy.service": _format_unit(
            "Proxy of the credential gateway",
            "credential-gateway-authorizer.service",
            [f"ExecStartPre={write}", f"ExecStart={start}", *directory, *common],
        ),
    }


def _format_unit(description: str, needed: str, service: list[str]) -> str:
    about = [f"Description={description}", f"After={needed}", f"Wants={needed}"]
    return format_unit([("Unit", about), ("Service", service), ("Install", ["WantedBy=multi-user.target"])])


def build_gateway_user_data(spec: ContainmentSpec, apis: Mapping[str, CredentialApi] | None = None) -> str:
    """Return the user data of a stack's credential gateway.

    Args:
        spec: a stack that has one.
        apis: the APIs to write; those of the stack's routes by default.
    """
    gateway = spec.credential_gateway
    assert gateway is not None, "a stack without routes has no gateway"
    used = apis if apis is not None else {route.api.name: route.api for route in gateway.routes.routes}
    entries = tuple(route.to_entry() for route in spec.config.credential_routes)
    document = format_configuration(spec.config.agent_class, spec.config.aws_region, entries, used)
    units = build_units(gateway.port)
    files = [HostFile(CONFIG, json.dumps(document, sort_keys=True) + "\n", "the routes, and no key")]
    files += [HostFile(f"/etc/systemd/system/{name}", text, "a unit") for name, text in units.items()]
    commands = ["systemctl daemon-reload", f"systemctl enable --now {' '.join(units)}"]
    cloud: dict[str, Any] = {
        "package_update": False,
        "package_upgrade": False,
        "write_files": [build_entry(file) for file in files],
        "runcmd": commands,
    }
    text = "#cloud-config\n" + json.dumps(cloud, separators=(",", ":")) + "\n"
    assert len(text) <= LIMIT, f"user data of {len(text)} bytes, more than {LIMIT}: too many routes for one gateway"
    return text
