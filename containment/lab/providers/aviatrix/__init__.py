"""The stand-in for the bridged Aviatrix provider: the types a containment deployment uses, over the Controller's HTTP API.

Tokens, properties and calls are those of the real provider behind Pulumi's Terraform bridge; the comments say where it
differs on purpose. It logs in at Configure, so without a Controller there is no preview. Other aviatrix types can be
previewed and are refused by name on create.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import json
from typing import Any

from pulumi.runtime.proto import provider_pb2 as pb

from containment.lab.home import LabHome
from containment.lab.providers.aviatrix.features import ConfigFeature, DistributedFirewallingConfig, TlsProfile
from containment.lab.providers.aviatrix.gateway import SpokeGateway
from containment.lab.providers.aviatrix.groups import SmartGroup, WebGroup
from containment.lab.providers.aviatrix.lookups import INVOKES
from containment.lab.providers.aviatrix.multiwriter import PolicyGroup, Ruleset
from containment.lab.providers.aviatrix.policy import DefaultAction, PolicyList
from containment.lab.providers.aviatrix.resource import PACKAGE, AviatrixResource, PreviewOnly
from containment.lab.providers.aviatrix.sessions import reconnect
from containment.lab.providers.aviatrix.telemetry import CopilotAssociation, RemoteSyslog
from containment.lab.providers.base import Provider
from containment.lab.providers.handler import Handler
from containment.lab.wire import to_plain, without_wrappers

RELEASE = "9.0.10"
"""What the stand-in says it is when a program names no release."""
KUBERNETES = frozenset(
    {"clusterId", "clusterDetails", "gatewayTunnelEnabled", "intraClusterInspectionEnabled", "kubeConfig", "useCspCredentials"}
)


class AviatrixProvider(Provider):
    """The base provider, with the bridge's parameterization and the real provider's login."""

    def __init__(self, home: LabHome) -> None:
        types: list[AviatrixResource] = [
            SmartGroup(),
            WebGroup(),
            PolicyList(),
            Ruleset(),
            PolicyGroup(),
            DefaultAction(),
            DistributedFirewallingConfig(),
            ConfigFeature(),
            TlsProfile(),
            SpokeGateway(),
            RemoteSyslog(),
            CopilotAssociation(),
            PreviewOnly(f"{PACKAGE}kubernetesCluster:KubernetesCluster", KUBERNETES),
        ]
        known = {each.token: each.inputs for each in types}
        super().__init__(
            "aviatrix",
            RELEASE,
            handlers=types,
            invokes=INVOKES,
            journal=home.root / "journal-aviatrix",
            fallback=_other,
            accepts=known.get,
        )
        self._releases: dict[str, str] = {}

    async def Parameterize(self, request: pb.ParameterizeRequest, context: Any) -> pb.ParameterizeResponse:  # noqa: N802
        """Take note of the release that the program's package names, for this connection."""
        # `value.version` is no help: the official engine puts the base plugin's version there for a local package.
        self._releases[context.peer()] = _release(request.value.value)
        return await super().Parameterize(request, context)

    async def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:  # noqa: N802
        """Demand what a login needs."""
        given = without_wrappers(to_plain(request.news))
        missing = [key for key in ("controllerIp", "username", "password") if not given.get(key)]
        failures = [pb.CheckFailure(property=key, reason=f"missing required property '{key}': set aviatrix:{key}") for key in missing]
        return pb.CheckResponse(inputs=request.news, failures=failures)

    async def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:  # noqa: N802
        """Log in: without a Controller nothing works, not even a preview."""
        answer = await super().Configure(request, context)
        config = self._configs[context.peer()]
        config["release"] = self._releases.get(context.peer(), "")
        await self._run(context, reconnect, config)
        return answer


def servicer(home: LabHome) -> AviatrixProvider:
    """Return the provider of one lab home."""
    return AviatrixProvider(home)


def _other(token: str) -> Handler | None:
    return PreviewOnly(token) if token.startswith(PACKAGE) else None


def _release(parameter: bytes) -> str:
    """Return the release in a bridge parameter (`{"remote": {"url", "version"}}`); empty for a local build, which has none."""
    try:
        remote = json.loads(parameter or b"{}").get("remote") or {}
    except (ValueError, AttributeError):
        return ""
    return str(remote.get("version") or "")
