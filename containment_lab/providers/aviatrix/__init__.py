"""The simulated Aviatrix provider: the types of a containment deployment, over the Controller's HTTP API.

Tokens, properties and calls are those of the real provider behind Pulumi's Terraform bridge; comments mark deliberate differences. It logs
in at Configure, so there is no preview without a Controller. Other aviatrix types can be previewed and are refused by name on create.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import json
from typing import Any

from pulumi.runtime.proto import provider_pb2 as pb

from containment_lab.home import LabHome
from containment_lab.providers.aviatrix.attached_objects import PolicyGroup, Ruleset
from containment_lab.providers.aviatrix.client import get_session, reconnect
from containment_lab.providers.aviatrix.clusters import KubernetesCluster
from containment_lab.providers.aviatrix.features import ConfigFeature, DistributedFirewallingConfig, TlsProfile
from containment_lab.providers.aviatrix.gateway import SpokeGateway
from containment_lab.providers.aviatrix.groups import SmartGroup, WebGroup
from containment_lab.providers.aviatrix.intrusion import DefaultIpsProfile, IpsProfile
from containment_lab.providers.aviatrix.policy import DefaultAction, PolicyList
from containment_lab.providers.aviatrix.resource import PACKAGE, AviatrixResource, PreviewOnlyResource
from containment_lab.providers.aviatrix.telemetry import CopilotAssociation, RemoteSyslog
from containment_lab.providers.base import Invoke, Provider
from containment_lab.providers.handler import Call, Props, RefusedError
from containment_lab.wire import convert_to_plain, unwrap_values

RELEASE = "9.0.10"
"""The provider's own release number when a program sets none."""


def get_attachment_point(call: Call, args: Props) -> Props:
    """Return an attachment point by name; one that no group has created yet has its id already."""
    found = get_session(call.config).call_rest("GET", "microseg/attachment-points", name=args["name"])
    if not found:
        raise RefusedError(f"there is no attachment point {args['name']} on the Controller (the real provider crashes here)")
    return {"id": found[0]["attachment_point_id"], "name": args["name"], "attachmentPointId": found[0]["attachment_point_id"]}


def get_tls_profile(call: Call, args: Props) -> Props:
    """Return a TLS profile by its display name."""
    for each in get_session(call.config).call_rest("GET", "dcf/tls-profile")["profiles"]:
        if each["display_name"] == args["displayName"]:
            own = {"displayName": each["display_name"], "certificateValidation": each["certificate_validation"]}
            return {"id": each["uuid"], "uuid": each["uuid"], "verifySni": each["verify_sni"], **own}
    raise RefusedError(f"DCF TLS Profile with display_name '{args['displayName']}' not found")


def get_account(call: Call, args: Props) -> Props:
    """Return an access account by name."""
    for each in get_session(call.config).call_get("list_accounts")["account_list"]:
        if each["account_name"] == args["accountName"]:
            own = {"awsRoleArn": each.get("aws_role_arn", ""), "awsRoleEc2": each.get("aws_role_ec2", "")}
            number = str(each.get("account_number", ""))
            return {
                "id": each["account_name"],
                "accountName": each["account_name"],
                "cloudType": each["cloud_type"],
                "awsAccountNumber": number,
                **own,
            }
    raise RefusedError(f"there is no access account {args['accountName']} on the Controller")


INVOKES: dict[str, Invoke] = {
    f"{PACKAGE}getDcfAttachmentPoint:getDcfAttachmentPoint": get_attachment_point,
    f"{PACKAGE}getDcfTlsProfile:getDcfTlsProfile": get_tls_profile,
    f"{PACKAGE}getAccount:getAccount": get_account,
}
"""The provider's functions: objects that are read from the Controller, not created."""


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
            IpsProfile(),
            DefaultIpsProfile(),
            SpokeGateway(),
            RemoteSyslog(),
            CopilotAssociation(),
            KubernetesCluster(),
        ]
        known = {each.token: each.inputs for each in types}
        super().__init__(
            "aviatrix",
            RELEASE,
            handlers=types,
            invokes=INVOKES,
            journal=home.root / "journal-aviatrix",
            fallback=lambda token: PreviewOnlyResource(token) if token.startswith(PACKAGE) else None,
            accepts=known.get,
        )
        self._releases: dict[str, str] = {}

    async def Parameterize(self, request: pb.ParameterizeRequest, context: Any) -> pb.ParameterizeResponse:  # noqa: N802
        """Record the provider release of the program's package, for this connection."""
        # `value.version` does not help: the official engine puts the base plugin's version there for a local package.
        self._releases[context.peer()] = _release(request.value.value)
        return await super().Parameterize(request, context)

    async def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:  # noqa: N802
        """Require the settings of a login."""
        given = unwrap_values(convert_to_plain(request.news))
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


def _release(parameter: bytes) -> str:
    """Return the release in a bridge parameter (`{"remote": {"url", "version"}}`); empty for a local build, which has none."""
    try:
        remote = json.loads(parameter or b"{}").get("remote") or {}
    except (ValueError, AttributeError):
        return ""
    return str(remote.get("version") or "")
