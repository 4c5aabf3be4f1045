"""Which provider release a deployment talks to, and how the engine is told to fetch it.

The provider is Aviatrix's own Terraform provider, run by Pulumi's `terraform-provider` bridge. Every resource and function carries a
package reference, which the engine hands out in return for the bridge's name, the provider's address and its release.

Rules kept: one release a deployment, settled before its first resource; several deployments in one process (Automation API, repeated
mocks) each have their own. Left out: the provider's own configuration (`provider.py`, or `aviatrix:...` stack configuration).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Generator
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
import pulumi.runtime
from pulumi.runtime.settings import get_monitor

PACKAGE = "aviatrix"
BRIDGE = "terraform-provider"
BRIDGE_VERSION = "1.1.1"
REMOTE = "registry.opentofu.org/aviatrixsystems/aviatrix"
DEFAULT_RELEASE = "9.0.10"
"""The release used when a program asks for none; `pulumi-plugin.json` names the same one."""

_RELEASE = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")


class _NoDeployment:
    """Stands for code that runs outside any deployment."""


_OUTSIDE = _NoDeployment()
_releases: WeakKeyDictionary[object, str] = WeakKeyDictionary()


def _deployment() -> object:
    """Return what tells this deployment from others in the process: its monitor."""
    return get_monitor() or _OUTSIDE


def use_release(version: str) -> None:
    """Choose the provider release for this deployment, e.g. `"9.0.10"`; call it before the first resource or function.

    Asking twice for the same release is fine. Raises ValueError when `version` is no release number, RuntimeError when the deployment
    already uses another release.
    """
    if not _RELEASE.fullmatch(version):
        raise ValueError(f"aviatrix provider release {version!r} is not MAJOR.MINOR.PATCH; give one such as {DEFAULT_RELEASE!r}")
    settled = _releases.setdefault(_deployment(), version)
    if settled != version:
        raise RuntimeError(
            f"aviatrix provider release {version} asked for, but this deployment already uses {settled}; "
            "call pulumi_aviatrix.use_release once, before the first Aviatrix resource"
        )


def get_version() -> str:
    """Return the provider release of this deployment."""
    return _releases.get(_deployment(), DEFAULT_RELEASE)


def parameter(version: str) -> str:
    """Return what the bridge must know to fetch the provider at `version`: base64 of compact JSON."""
    remote = {"remote": {"url": REMOTE, "version": version}}
    return base64.b64encode(json.dumps(remote, separators=(",", ":")).encode()).decode()


class _PackageReference(Awaitable[str]):
    """Registers the package when awaited. Unlike a coroutine, it may also stay unused (`ResourceOptions(urn=...)`)."""

    def __init__(self, version: str) -> None:
        self._version = version

    def __await__(self) -> Generator[Any, None, str]:
        registering = pulumi.runtime.register_package(
            base_provider_name=BRIDGE,
            base_provider_version=BRIDGE_VERSION,
            base_provider_download_url="",
            package_name=PACKAGE,
            package_version=self._version,
            base64_parameter=parameter(self._version),
        )
        return registering.__await__()


def get_package() -> Awaitable[str]:
    """Return an awaitable package reference for this deployment, and settle its release. Pulumi registers a package once a deployment."""
    return _PackageReference(_releases.setdefault(_deployment(), DEFAULT_RELEASE))


class _Module(pulumi.runtime.ResourceModule):
    """Lets Pulumi rebuild a resource from its URN, when one is passed by reference."""

    def __init__(self, resource: type[pulumi.CustomResource]) -> None:
        self._resource = resource

    def version(self) -> None:
        """Return None: this package serves every release."""

    def construct(self, name: str, typ: str, urn: str) -> pulumi.Resource:  # noqa: ARG002
        """Return the resource that `urn` names."""
        return self._resource(name, pulumi.ResourceOptions(urn=urn))  # type: ignore[arg-type]


class _Package(pulumi.runtime.ResourcePackage):
    """The same for the provider."""

    def __init__(self, provider: type[pulumi.ProviderResource]) -> None:
        self._provider = provider

    def version(self) -> None:
        """Return None: this package serves every release."""

    def construct_provider(self, name: str, typ: str, urn: str) -> pulumi.ProviderResource:  # noqa: ARG002
        """Return the provider that `urn` names."""
        return self._provider(name, pulumi.ResourceOptions(urn=urn))  # type: ignore[arg-type]


def register(provider: type[pulumi.ProviderResource], resources: tuple[type[pulumi.CustomResource], ...]) -> None:
    """Make this package's types known to Pulumi; called once, when the package is imported."""
    pulumi.runtime.register_resource_package(PACKAGE, _Package(provider))
    for resource in resources:
        package, module, _ = str(pulumi.get_type_token(resource)).split(":")
        pulumi.runtime.register_resource_module(package, module, _Module(resource))
