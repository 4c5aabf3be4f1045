"""Log destinations of a Controller: remote syslog profiles and the CoPilot association. Both are replaced, never changed.

A syslog index in use is refused ("please import"), unless it has exactly the same settings: then a killed run left it, and it is adopted.
Certificates are sent as files and are not read back.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable

from containment_lab.providers.aviatrix.resource import AviatrixResource
from containment_lab.providers.handler import Call, Props, RefusedError

FILES = {"caCertificateFile": "ca_certificate", "publicCertificateFile": "public_certificate", "privateKeyFile": "private_key"}
PREFIX = "remote_syslog_"


class RemoteSyslog(AviatrixResource):
    """`aviatrix_remote_syslog`."""

    type_name = "remoteSyslog"
    inputs = frozenset({"server", "port", "index", "name", "protocol", "template", "excludedGateways", *FILES})
    required = frozenset({"server", "port"})
    replace_on = inputs
    computed = frozenset({"notls", "status"})
    secrets = frozenset({"privateKeyFile"})
    sets = frozenset({"excludedGateways"})
    unless_set = {"index": 0, "protocol": "TCP", "template": "", "excludedGateways": []}
    autoname = "name"
    delete_first = True  # as the bridge does for resources with a fixed name; an index can be in use only once

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check index and protocol."""
        if not 0 <= inputs.get("index", 0) <= 9:
            yield "index", f"expected index to be in the range (0 - 9), got {inputs['index']}"
        if inputs.get("protocol", "TCP") not in ("TCP", "UDP"):
            yield "protocol", f"expected protocol to be one of ['TCP', 'UDP'], got {inputs['protocol']}"

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Enable the profile."""
        index = inputs.get("index", 0)
        ident = f"{PREFIX}{index}"
        there = self.read(call, ident, {})
        if there is not None and not self._is_equal(there, inputs):
            raise RefusedError(f"the remote_syslog with index {index} is already enabled, please import to manage with Terraform")
        given = [key for key in FILES if inputs.get(key)]
        if given not in ([], ["caCertificateFile"], list(FILES)):
            raise RefusedError("one or more certificates missing: give all three, the CA's only, or none")
        if there is None:
            call.claim(ident)
            fields = {
                key: str(inputs.get(key) or self.unless_set.get(key) or "") for key in ("server", "port", "name", "protocol", "template")
            }
            fields |= {"index": str(index), "exclude_gateway_list": ",".join(inputs.get("excludedGateways") or [])}
            files = {FILES[key]: inputs[key] for key in given}
            self.get_client(call).upload("enable_remote_syslog_logging", fields, files)
        return ident, self.read(call, ident, {}) or {}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the profile, None when its index is off."""
        told = self.get_client(call).call_get("get_remote_syslog_logging_status", index=ident.removeprefix(PREFIX))
        if told["status"] == "disabled":
            return None
        excluded = {"excludedGateways": told["excluded_gateway"]} if told.get("excluded_gateway") else {}
        own = {key: told[key] for key in ("server", "name", "protocol", "template", "notls", "status")}
        return self.add_id(ident, **own, index=int(told["index"]), port=int(told["port"]), **excluded)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Disable the profile."""
        self.get_client(call).call_post("disable_remote_syslog_logging", index=ident.removeprefix(PREFIX))

    def _is_equal(self, there: Props, inputs: Props) -> bool:
        wanted = {**self.unless_set, **inputs}
        keys = ("server", "port", "name", "protocol", "template", "excludedGateways")
        same = all(self.is_same(key, there.get(key) or self.unless_set.get(key), wanted.get(key)) for key in keys)
        return same and there["notls"] is not bool(inputs.get("caCertificateFile"))


class CopilotAssociation(AviatrixResource):
    """`aviatrix_copilot_association`. Replacing creates before it deletes, which ends without any: the real one does that too."""

    type_name = "copilotAssociation"
    inputs = frozenset({"copilotAddress", "publicIp", "copilotFqdn"})
    required = frozenset({"copilotAddress"})
    replace_on = inputs
    computed = frozenset({"publicIp", "copilotFqdn"})

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Associate the CoPilot."""
        address, client = inputs["copilotAddress"], self.get_client(call)
        fqdn = {"copilot_fqdn": inputs["copilotFqdn"]} if inputs.get("copilotFqdn") else {}
        call.claim(client.singleton)
        client.call_post("enable_copilot_association", copilot_ip=address, public_ip=inputs.get("publicIp") or address, **fqdn)
        return client.singleton, self.read(call, client.singleton, {}) or {}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the association, None when there is none."""
        told = self.get_client(call).call_get("get_copilot_association_status")
        if not told["status"]:
            return None
        return self.add_id(ident, copilotAddress=told["ip"], publicIp=told.get("public_ip", ""), copilotFqdn=told.get("fqdn", ""))

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """End the association."""
        self.get_client(call).call_post("disable_copilot_association")
