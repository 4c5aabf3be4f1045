"""Controller feature switches (DCF among them) and TLS profiles.

Destroying a switch turns its feature off for the whole Controller; it refuses for DCF while policies exist (AVXERR-DFW-0008).
Replacing a `configFeature` creates before it deletes, so the deletion turns the feature off again: the real one does that too.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import uuid
from collections.abc import Iterable

from containment.lab.providers.aviatrix.client import ControllerError
from containment.lab.providers.aviatrix.resource import AviatrixResource, gone_is_fine
from containment.lab.providers.handler import Call, Props, RefusedError

DCF = "microseg"
NOT_FOR_TERRAFORM = ("cai", "nfq_enforce_tls")
VALIDATION = tuple(f"CERTIFICATE_VALIDATION_{level}" for level in ("NONE", "LOG_ONLY", "ENFORCE"))
PROFILES = "dcf/tls-profile"


class ConfigFeature(AviatrixResource):
    """`aviatrix_config_feature`: one named feature, on or off."""

    type_name = "configFeature"
    inputs = required = replace_on = frozenset({"featureName", "isEnabled"})
    since = (8, 2, 20)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Switch it, once the name is known to be one."""
        client, name = self.client(call), inputs["featureName"]
        known = [each["feature"] for each in client.act_json("get_all_controller_features") if each["feature"] not in NOT_FOR_TERRAFORM]
        if name not in known:
            raise RefusedError(f"failed to validate feature name {name}: invalid feature name. Valid feature names are: {', '.join(known)}")
        if inputs["isEnabled"]:
            call.claim(name)
        client.act_json("enable_controller_feature" if inputs["isEnabled"] else "disable_controller_feature", feature=name)
        return name, self.read(call, name, {}) or {}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return whether it is on."""
        told = self.client(call).act_json("get_controller_feature", feature=ident)
        return self.identified(ident, featureName=ident, isEnabled=told["enabled"])

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Switch it off."""
        self.client(call).act_json("disable_controller_feature", feature=ident)


class DistributedFirewallingConfig(AviatrixResource):
    """`aviatrix_distributed_firewalling_config`: DCF's own switch, from before `configFeature`."""

    type_name = "distributedFirewallingConfig"
    inputs = frozenset({"enableDistributedFirewalling"})
    unless_set = {"enableDistributedFirewalling": False}

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Switch DCF."""
        ident = self.client(call).singleton
        return ident, self.update(call, ident, {}, inputs)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return whether DCF is on."""
        told = self.client(call).act_json("get_controller_feature", feature=DCF)
        return self.identified(ident, enableDistributedFirewalling=told["enabled"])

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Switch DCF."""
        on = inputs.get("enableDistributedFirewalling", False)
        self.client(call).act_json("enable_controller_feature" if on else "disable_controller_feature", feature=DCF)
        return self.read(call, ident, {}) or {}

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Switch DCF off."""
        self.client(call).act_json("disable_controller_feature", feature=DCF)


class TlsProfile(AviatrixResource):
    """`aviatrix_dcf_tls_profile`; one left by a killed run (same name and content) is adopted."""

    type_name = "dcfTlsProfile"
    inputs = frozenset({"displayName", "certificateValidation", "verifySni", "caBundleId"})
    required = frozenset({"displayName", "certificateValidation", "verifySni"})
    computed = frozenset({"uuid"})
    unless_set = {"caBundleId": ""}
    since = (8, 2, 0)

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the validation mode."""
        if inputs.get("certificateValidation", VALIDATION[0]) not in VALIDATION:
            yield "certificateValidation", f"expected certificate_validation to be one of {list(VALIDATION)}"

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Make it."""
        client, body = self.client(call), self._body(inputs)
        try:
            ident = client.rest("POST", PROFILES, body)["uuid"]
        except ControllerError as error:
            mine = [
                each
                for each in client.rest("GET", PROFILES)["profiles"]
                if error.status == 409 and each["display_name"] == body["display_name"]
            ]
            if not mine or {key: value for key, value in mine[0].items() if key != "uuid"} != body:
                raise RefusedError(f"failed to create DCF TLS Profile: {error}") from None
            ident = mine[0]["uuid"]
        call.claim(ident)
        return ident, self.identified(ident, uuid=ident)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return it; one that is gone is an error, as with the real provider."""
        told = self.client(call).rest("GET", f"{PROFILES}/{ident}")
        bundle = {"caBundleId": told["CA_bundle_id"]} if told.get("CA_bundle_id") else {}
        own = {
            "displayName": told["display_name"],
            "certificateValidation": told["certificate_validation"],
            "verifySni": told["verify_sni"],
        }
        return self.identified(ident, uuid=ident, **own, **bundle)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Change it in place."""
        self.client(call).rest("PUT", f"{PROFILES}/{ident}", self._body(inputs))
        return self.identified(ident, uuid=ident)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete it; the Controller refuses while a rule uses it."""
        try:
            self.client(call).rest("DELETE", f"{PROFILES}/{ident}")
        except ControllerError as error:
            gone_is_fine(error)

    def _body(self, inputs: Props) -> Props:
        body = {"display_name": inputs["displayName"], "certificate_validation": inputs["certificateValidation"]}
        body |= {"verify_sni": inputs["verifySni"]}
        if bundle := inputs.get("caBundleId"):
            try:
                uuid.UUID(bundle)
            except ValueError:
                raise RefusedError(f"invalid inputs for DCF TLS Profile: ca_bundle_id must be a valid UUID, got {bundle}") from None
            body["CA_bundle_id"] = bundle
        return body
