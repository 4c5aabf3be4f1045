"""Reads a live Controller over its HTTP API, and changes nothing: what checks before a deployment ask.

The login takes an API token first, as the provider's does; the certificate is verified unless told not to. Paths and
answers are those of the provider's own calls (docs/lab-engine.md says where the lab's simulator comes from).
"""

from __future__ import annotations

import json
import ssl
import urllib.parse
from dataclasses import dataclass
from typing import Any

import urllib3

from containment.model.errors import ContainmentError


class ControllerUnreadableError(ContainmentError):
    """The Controller could not be reached, did not accept the login, or answered something else."""


@dataclass(frozen=True)
class Address:
    """Where a Controller is and who asks; `authority` is a PEM file, used while `verify` is set."""

    host: str
    username: str
    password: str
    verify: bool = True
    authority: str | None = None


class ControllerReader:
    """One session on a Controller. Raises ControllerUnreadableError for everything that goes wrong."""

    def __init__(self, address: Address) -> None:
        self._base = f"https://{address.host}"
        try:
            context = ssl.create_default_context(cafile=address.authority if address.verify else None)
        except OSError as error:
            raise ControllerUnreadableError(f"the Controller's certificate authority {address.authority} cannot be read: {error}") from None
        if not address.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=urllib3.Timeout(5, 30))
        token = self._ask("GET", "/v2/api", body="action=get_api_token&log_enable=true")["results"]["api_token"]
        fields = {"action": "login", "username": address.username, "password": address.password}
        answer = self._ask("POST", "/v2/api", fields=fields, headers={"X-Access-Key": str(token)})
        if not answer.get("return"):
            raise ControllerUnreadableError(
                f"Controller {address.host} does not accept the login: {answer.get('reason', 'no reason given')}"
            )
        self._cid = str(answer["CID"])
        self._session = {"Authorization": f"cid {self._cid}"}

    def policy_list(self) -> list[dict[str, Any]]:
        """Return the Controller-wide list's rules, without those the Controller made itself."""
        answer = self._ask("GET", "/v2.5/api/microseg/policy-list", headers=self._session)
        return [rule for rule in answer.get("policies") or [] if not rule.get("system_resource")]

    def group_names(self) -> dict[str, str]:
        """Return the name of every SmartGroup and WebGroup by uuid."""
        answer = self._ask("GET", "/v2.5/api/app-domains", headers=self._session)
        return {group["uuid"]: group["name"] for group in answer.get("app_domains") or []}

    def groups(self) -> list[dict[str, Any]]:
        """Return every SmartGroup and WebGroup (`uuid`, `name`, `selector`)."""
        return list(self._ask("GET", "/v2.5/api/app-domains", headers=self._session).get("app_domains") or [])

    def gateway(self, name: str) -> dict[str, Any]:
        """Return one gateway in the Controller's words (`enable_nat`, `gw_enc`, `cloudn_gateway_inst_id`); empty when there is none."""
        found = self._act("list_vpcs_summary", gateway_name=name)
        return dict(found[0]) if isinstance(found, list) and found else {}

    def version(self) -> str:
        """Return the Controller's release, `MAJOR.MINOR.PATCH` or as it says it."""
        return str(self._act("list_version_info").get("current_version", ""))

    def accounts(self) -> list[dict[str, Any]]:
        """Return the access accounts, in the Controller's words (`account_name`, `cloud_type`, `account_number`)."""
        return list(self._act("list_accounts").get("account_list") or [])

    def copilot(self) -> dict[str, Any]:
        """Return the CoPilot association (`status`, `ip`, `public_ip`)."""
        return dict(self._act("get_copilot_association_status"))

    def features(self) -> dict[str, bool]:
        """Return every feature switch by name; `microseg` is Distributed Cloud Firewall."""
        answer = self._ask("POST", "/v2/api", json_body={"CID": self._cid, "action": "get_all_controller_features"})
        return {each["feature"]: each["enabled"] is True for each in _results(answer, "get_all_controller_features")}

    def default_action(self) -> dict[str, Any]:
        """Return the Controller-wide default action (`action`, `logging`)."""
        return self._ask("GET", "/v2.5/api/microseg/default-action-policy", headers=self._session)

    def rulesets(self) -> list[dict[str, Any]]:
        """Return rulesets and policy groups (`name`, `attach_to`, `sub_policies`); releases before 8.2 have none."""
        answer = self._ask("GET", "/v2.5/api/microseg/policy-list3", headers=self._session)
        return list(answer.get("dcf_policies") or [])

    def _act(self, action: str, **fields: str) -> Any:
        query = urllib.parse.urlencode({"CID": self._cid, "action": action, **fields})
        return _results(self._ask("GET", f"/v2/api?{query}"), action)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: str | None = None,
        fields: dict[str, str] | None = None,
        json_body: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        encoded = fields is not None
        try:
            if encoded:
                answer = self._pool.request_encode_body(method, self._base + path, fields=fields, headers=headers, encode_multipart=False)
            elif json_body is not None:
                answer = self._pool.request(method, self._base + path, json=json_body, headers=headers)
            else:
                answer = self._pool.request(method, self._base + path, body=body, headers={**form, **(headers or {})})
            document = json.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ControllerUnreadableError(f"{self._base} cannot be read: {error}") from None
        if answer.status >= 400 or not isinstance(document, dict):
            said = document.get("message", "") if isinstance(document, dict) else ""
            asked = path.partition("?")[0]
            raise ControllerUnreadableError(f"{method} {asked} on {self._base} was answered with {answer.status} {said}".rstrip())
        return document


def _results(answer: dict[str, Any], action: str) -> Any:
    """Return what an action gave; a refusal is HTTP 200 with a reason."""
    if answer.get("return") is not True:
        raise ControllerUnreadableError(f"{action} was refused: {answer.get('reason', 'no reason given')}")
    return answer.get("results")
