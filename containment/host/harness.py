"""The harnesses on a host: pinned packages, and settings that turn off background traffic.

Without requests for updates, catalogs and statistics, the gateway's log shows only the agent's activity. These settings are convenience,
not containment: the gateway decides, whatever they contain. Every key was read in, and tried with, the pinned releases.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from containment.catalog.preset import Harness
from containment.host.host_file import HostFile


@dataclass(frozen=True)
class Pin:
    """The content that a staged installer may fetch: a package by version and digest, or a script by address and digest.

    `digest` is `sha256-HEX` or npm's `sha512-BASE64`; if empty, the operator supplies it after a review.
    """

    package: str = ""
    version: str = ""
    digest: str = ""
    url: str = ""


OPENCLAW_QUIET = {
    "update": {"checkOnStart": False, "auto": {"enabled": False}},
    "telemetry": {"enabled": False},
    "models": {"catalogRefresh": {"enabled": False}},
    "discovery": {"mdns": {"mode": "off"}},
}
"""`openclaw.json` (OpenClaw 2026.9.6, `openclaw config validate`): no update check, statistics, hosted catalog or multicast."""

HERMES_QUIET = {
    "approvals": {"mode": "smart", "cron_mode": "deny"},
    "security": {
        "allow_private_urls": False,
        "allow_lazy_installs": False,
        "redact_secrets": True,
        "tirith_enabled": True,
        "tirith_fail_open": False,
        "tirith_path": "/usr/local/bin/tirith",
    },
    "browser": {"allow_private_urls": False},
    "model_catalog": {"enabled": False},
    "hooks_auto_accept": False,
}
"""Hermes's managed scope (0.19.0): root's values win over the user's. An explicit `tirith_path` ends the download of the scanner;
fail closed means that the image must contain it."""

_OPENCLAW_ENVIRONMENT = {"OPENCLAW_NO_AUTO_UPDATE": "1", "DO_NOT_TRACK": "1", "CLAWHUB_DISABLE_TELEMETRY": "1"}


def build_environment(values: Mapping[str, str]) -> tuple[HostFile, ...]:
    """Return the files that set variables for user services and for login shells."""
    assignments = "".join(f"{key}={value}\n" for key, value in values.items())
    exports = "".join(f"export {key}={value}\n" for key, value in values.items())
    return (
        HostFile("/etc/profile.d/openclaw-vca.sh", exports, "update checks and statistics off, for every login shell"),
        HostFile("/etc/environment.d/50-openclaw-vca.conf", assignments, "the same for services of a user (systemd)"),
    )


_OPENCLAW = (
    HostFile(
        "/etc/skel/.openclaw/openclaw.json",
        json.dumps(OPENCLAW_QUIET, indent=2) + "\n",
        "OpenClaw's settings for every user created after first boot: no update check, catalog, statistics, multicast",
        "0600",
    ),
    *build_environment(_OPENCLAW_ENVIRONMENT),
)

SETTINGS: Mapping[Harness, tuple[HostFile, ...]] = {
    Harness.NONE: (),
    Harness.OPENCLAW: _OPENCLAW,
    Harness.NEMOCLAW: _OPENCLAW,
    Harness.HERMES: (
        HostFile(
            "/etc/hermes/config.yaml",
            yaml.safe_dump(HERMES_QUIET, sort_keys=False),
            "Hermes's managed settings, which win over a user's: no remote catalog, no installs at run time, scanner fails closed",
        ),
        HostFile("/etc/hermes/.env", "TIRITH_FAIL_OPEN=false\n", "pins the variable that would override the setting"),
    ),
}
"""The settings of each harness; NemoClaw runs OpenClaw, and its image contains the sandbox's settings."""

PINS: Mapping[Harness, Pin] = {
    Harness.OPENCLAW: Pin(
        "openclaw",
        "2026.9.6",
        "sha512-Ie0kyQSCVfFqixsgVg39vevUDq01Ch5u3+7Yu5Y3qARczmdAe+lzp8bVnO9925rHiW/+CFp70zfORCyPmCH31g==",
    ),
    Harness.HERMES: Pin("hermes-agent", "0.19.0", "sha256-bd0bac012aee38a60894781f4597dc29ee7bedb3448540249921f10d3bef327f"),
    Harness.NEMOCLAW: Pin(url="https://www.nvidia.com/nemoclaw.sh"),
}
"""The package or script of each staged installer; the digests are those of the registries' packages on 2026-11-25."""
