"""Read-only calls to a live Controller, one method per kind of data."""

from __future__ import annotations

import urllib.parse
from typing import Any

from containment.controller_api.client import ControllerAddress, ControllerClient
from containment.controller_api.errors import ControllerError


class ControllerReader:
    """Reads of one Controller; the constructor logs in. Every method raises ControllerError."""

    def __init__(self, address: ControllerAddress) -> None:
        self.client = ControllerClient(address)
        self.client.authenticate()

    def get_policy_list(self) -> list[dict[str, Any]]:
        """Return the rules of the Controller-wide list, without the Controller's system rules."""
        return [rule for rule in self._get("microseg/policy-list").get("policies") or [] if not rule.get("system_resource")]

    def get_group_names(self) -> dict[str, str]:
        """Return the name of every SmartGroup and WebGroup by uuid."""
        return {group["uuid"]: group["name"] for group in self.get_groups()}

    def get_groups(self) -> list[dict[str, Any]]:
        """Return every SmartGroup and WebGroup (`uuid`, `name`, `selector`)."""
        return list(self._get("app-domains").get("app_domains") or [])

    def get_gateway(self, name: str) -> dict[str, Any]:
        """Return one gateway's fields (`enable_nat`, `gw_enc`, `cloudn_gateway_inst_id` ...); empty when there is none."""
        found = self.client.call_get("list_vpcs_summary", gateway_name=name)
        return dict(found[0]) if isinstance(found, list) and found else {}

    def get_version(self) -> str:
        """Return the Controller's release, usually `MAJOR.MINOR.PATCH`; empty when the answer has none."""
        return str(self.client.call_get("list_version_info").get("current_version", ""))

    def get_accounts(self) -> list[dict[str, Any]]:
        """Return the access accounts (`account_name`, `cloud_type`, `account_number`)."""
        return list(self.client.call_get("list_accounts").get("account_list") or [])

    def get_copilot(self) -> dict[str, Any]:
        """Return the CoPilot association (`status`, `ip`, `public_ip`)."""
        return dict(self.client.call_get("get_copilot_association_status"))

    def get_syslog(self, index: int) -> dict[str, Any]:
        """Return one remote syslog profile (`server`, `port`, `protocol`); its `status` is `disabled` where there is none."""
        return dict(self.client.call_get("get_remote_syslog_logging_status", index=index))

    def get_features(self) -> dict[str, bool]:
        """Return every feature switch by name; `microseg` is Distributed Cloud Firewall."""
        return {each["feature"]: each["enabled"] is True for each in self.client.call_json("get_all_controller_features")}

    def get_default_intrusion_profile(self) -> dict[str, Any]:
        """Return the intrusion profile that applies to inspecting permits (`profile_name`, `rule_feeds`, `intrusion_actions`)."""
        named = self._get("dcf/default-ips-profile").get("default_ips_profile") or []
        return self._get(f"dcf/ips-profiles/{urllib.parse.quote(str(named[0]), safe='')}") if named else {}

    def get_default_action(self) -> dict[str, Any]:
        """Return the Controller-wide default action (`action`, `logging`)."""
        return self._get("microseg/default-action-policy")

    def get_tls_profiles(self) -> list[dict[str, Any]]:
        """Return every TLS profile (`uuid`, `display_name`, `certificate_validation`, `verify_sni`); releases before 8.2 have none."""
        return list(self._get("dcf/tls-profile").get("profiles") or [])

    def get_rulesets(self) -> list[dict[str, Any]]:
        """Return rulesets and policy groups (`name`, `attach_to`, `sub_policies`); releases before 8.2 have none."""
        return list(self._get("microseg/policy-list3").get("dcf_policies") or [])

    def get_ruleset(self, uuid: str) -> dict[str, Any]:
        """Return one ruleset or policy group."""
        return self._get(f"microseg/policy-list3/{urllib.parse.quote(uuid, safe='')}")

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.client.call_rest("GET", path)
        if not isinstance(answer, dict):
            raise ControllerError(f"GET {path} on Controller {self.client.address.host} was answered with no JSON object")
        return answer
