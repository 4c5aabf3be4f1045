"""Controller feature switches (DCF among them) and TLS profiles.

Destroying a switch turns its feature off for the whole Controller; it refuses for DCF while policies exist (AVXERR-DFW-0008). Replacing a
`configFeature` creates before it deletes, so the deletion turns the feature off again, as with the real provider.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import uuid
from collections.abc import Iterable

from containment_lab.providers.aviatrix.resource import AviatrixResource, RestResource, find_same
from containment_lab.providers.handler import Call, Props, RefusedError

DCF = "microseg"
NOT_FOR_TERRAFORM = ("cai", "nfq_enforce_tls")
VALIDATION = tuple(f"CERTIFICATE_VALIDATION_{level}" for level in ("NONE", "LOG_ONLY", "ENFORCE"))


class ConfigFeature(AviatrixResource):
    """`aviatrix_config_feature`: one named feature, on or off."""

    type_name = "configFeature"
    inputs = required = replace_on = frozenset({"featureName", "isEnabled"})
    since = (8, 2, 20)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Switch the feature, after a check of its name."""
        client, name = self.get_client(call), inputs["featureName"]
        known = [each["feature"] for each in client.call_json("get_all_controller_features") if each["feature"] not in NOT_FOR_TERRAFORM]
        if name not in known:
            raise RefusedError(f"failed to validate feature name {name}: invalid feature name. Valid feature names are: {', '.join(known)}")
        if inputs["isEnabled"]:
            call.claim(name)
        client.call_json("enable_controller_feature" if inputs["isEnabled"] else "disable_controller_feature", feature=name)
        return name, self.read(call, name, {}) or {}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return whether the feature is on."""
        told = self.get_client(call).call_json("get_controller_feature", feature=ident)
        return self.add_id(ident, featureName=ident, isEnabled=told["enabled"])

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Switch the feature off."""
        self.get_client(call).call_json("disable_controller_feature", feature=ident)


class DistributedFirewallingConfig(AviatrixResource):
    """`aviatrix_distributed_firewalling_config`: the older switch of DCF, from before `configFeature`."""

    type_name = "distributedFirewallingConfig"
    inputs = frozenset({"enableDistributedFirewalling"})
    unless_set = {"enableDistributedFirewalling": False}

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Switch DCF."""
        ident = self.get_client(call).singleton
        return ident, self.update(call, ident, {}, inputs)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return whether DCF is on."""
        told = self.get_client(call).call_json("get_controller_feature", feature=DCF)
        return self.add_id(ident, enableDistributedFirewalling=told["enabled"])

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Switch DCF."""
        on = inputs.get("enableDistributedFirewalling", False)
        self.get_client(call).call_json("enable_controller_feature" if on else "disable_controller_feature", feature=DCF)
        return self.read(call, ident, {}) or {}

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Switch DCF off."""
        self.get_client(call).call_json("disable_controller_feature", feature=DCF)


class TlsProfile(RestResource):
    """`aviatrix_dcf_tls_profile`; a profile left by a killed run (same name and content) is adopted."""

    type_name = "dcfTlsProfile"
    called = "DCF TLS Profile"
    path = "dcf/tls-profile"
    inputs = frozenset({"displayName", "certificateValidation", "verifySni", "caBundleId"})
    required = frozenset({"displayName", "certificateValidation", "verifySni"})
    computed = frozenset({"uuid"})
    unless_set = {"caBundleId": ""}
    since = (8, 2, 0)

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the validation mode."""
        if inputs.get("certificateValidation", VALIDATION[0]) not in VALIDATION:
            yield "certificateValidation", f"expected certificate_validation to be one of {list(VALIDATION)}"

    def find_leftover(self, call: Call, body: Props) -> str:
        """Return the id of the profile with this name and content."""
        listed = self.get_client(call).call_rest("GET", self.path)["profiles"]
        return find_same(listed, "display_name", body)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the profile; a missing one is an error, as with the real provider."""
        told = self.get_client(call).call_rest("GET", f"{self.path}/{ident}")
        bundle = {"caBundleId": told["CA_bundle_id"]} if told.get("CA_bundle_id") else {}
        own = {
            "displayName": told["display_name"],
            "certificateValidation": told["certificate_validation"],
            "verifySni": told["verify_sni"],
        }
        return self.add_id(ident, uuid=ident, **own, **bundle)

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the profile in the API's form."""
        body = {"display_name": inputs["displayName"], "certificate_validation": inputs["certificateValidation"]}
        body |= {"verify_sni": inputs["verifySni"]}
        if bundle := inputs.get("caBundleId"):
            try:
                uuid.UUID(bundle)
            except ValueError:
                raise RefusedError(f"invalid inputs for DCF TLS Profile: ca_bundle_id must be a valid UUID, got {bundle}") from None
            body["CA_bundle_id"] = bundle
        return body
