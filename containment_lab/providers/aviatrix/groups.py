"""SmartGroups and WebGroups.

An existing group with the same name and content is adopted: it comes from a run that was killed between the Controller's answer and the
write of the state (the real provider would fail there and leave it orphaned). An existing group with the same name and other content is
refused. As with the real provider, a SmartGroup deleted behind Pulumi's back makes reads fail, a WebGroup is created again.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from containment.controller_api.errors import CallRefusedError
from containment_lab.providers.aviatrix.resource import RestResource
from containment_lab.providers.handler import Call, Props, RefusedError
from containment_lab.wire import UNKNOWN

FIELDS = {
    "accountId": "account_id",
    "accountName": "account_name",
    "cidr": "cidr",
    "external": "external",
    "fqdn": "fqdn",
    "k8sClusterId": "k8s_cluster_id",
    "k8sNamespace": "k8s_namespace",
    "k8sPod": "k8s_pod",
    "k8sService": "k8s_service",
    "name": "name",
    "region": "region",
    "resId": "res_id",
    "s2c": "s2c",
    "site": "site",
    "type": "type",
    "zone": "zone",
}
MAPS = {"tags": "tags.", "namespacetags": "namespacetags."}
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class AppDomain(RestResource):
    """The common part of both kinds of group, an app domain to the Controller."""

    computed = frozenset({"uuid"})
    autoname = "name"
    inputs = frozenset({"name", "selector"})
    required = frozenset({"selector"})
    path = "app-domains"
    fields: frozenset[str] = frozenset()

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check every known expression."""
        expressions = inputs.get("selector", {}).get("matchExpressions") if isinstance(inputs.get("selector"), dict) else None
        if expressions == UNKNOWN or "selector" not in inputs:
            return
        if not isinstance(expressions, list) or not expressions:
            yield "selector.matchExpressions", "at least one expression is required"
            return
        for index, each in enumerate(expressions):
            for key, value in (each or {}).items() if isinstance(each, dict) else ():
                where = f"selector.matchExpressions[{index}].{key}"
                if key not in self.fields:
                    yield where, f"Invalid or unknown key {key!r}"
                elif value not in (None, UNKNOWN) and (why := self.find_problem(key, value)):
                    yield where, why

    def find_problem(self, key: str, value: Any) -> str:
        """Return the reason why a value is refused at plan time, or ""."""
        raise NotImplementedError

    def encode_expression(self, expression: Props) -> dict[str, str]:
        """Return one expression in the API's form."""
        raise NotImplementedError

    def decode_expression(self, fields: dict[str, str]) -> Props:
        """Return one expression in Pulumi's form."""
        raise NotImplementedError

    def find_leftover(self, call: Call, body: Props) -> str:
        """Return the id of the group with this name; refuse another selector."""
        found = self.get_client(call).call_rest("GET", f"{self.path}/name/{body['name']}")
        if found["selector"] != body["selector"]:
            raise RefusedError(
                f"failed to create {self.called}: {body['name']} exists on the Controller ({found['uuid']}) with another selector. "
                "Fix: choose another name, import it, or delete it there."
            )
        return str(found["uuid"])

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group as it is on the Controller."""
        found = self.get_client(call).call_rest("GET", f"{self.path}/{ident}")
        expressions = [self.decode_expression(each["all"]) for each in found["selector"]["any"]]
        return self.add_id(ident, uuid=ident, name=found["name"], selector={"matchExpressions": expressions})

    def convert_to_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live value whole: an expression may have gained a field."""
        return live

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the group in the API's form."""
        expressions = inputs["selector"].get("matchExpressions") or []
        if not all(expressions):
            raise RefusedError(f"invalid inputs for {self.called}: match expressions block cannot be empty")
        return {"name": inputs["name"], "selector": {"any": [{"all": self.encode_expression(each)} for each in expressions]}}


class SmartGroup(AppDomain):
    """`aviatrix_smart_group`."""

    type_name = "smartGroup"
    called = "Smart Group"
    fields = frozenset({*FIELDS, *MAPS, "extArgs"})

    def find_problem(self, key: str, value: Any) -> str:
        """Check what the real provider checks at plan time: addresses, blanks, Kubernetes names."""
        text = str(value)
        if key == "cidr" and not _is_cidr(text):
            return f"expected a CIDR or an IP address, got: {text}"
        if key in ("fqdn", "site") and not text.strip():
            return f"expected {key!r} to not be an empty string or whitespace"
        if key in ("k8sPod", "k8sService", "k8sNamespace") and not LABEL.fullmatch(text):
            return f"must be a valid Kubernetes name, got: {text}"
        return ""

    def encode_expression(self, expression: Props) -> dict[str, str]:
        """Flatten maps; external arguments are siblings of `external`. The region is sent in lower case without spaces."""
        fields = {FIELDS[key]: value for key, value in expression.items() if key in FIELDS and value}
        for key, prefix in MAPS.items():
            fields |= {f"{prefix}{name}": value for name, value in (expression.get(key) or {}).items()}
        if expression.get("external"):
            fields |= expression.get("extArgs") or {}
        if "region" in fields:
            fields["region"] = fields["region"].replace(" ", "").lower()
        return fields

    def decode_expression(self, fields: dict[str, str]) -> Props:
        """Undo `encode_rule`."""
        names = {wire: key for key, wire in FIELDS.items()}
        out: Props = {}
        for wire, value in fields.items():
            key, _, name = wire.partition(".")
            if wire in names:
                out[names[wire]] = value
            elif f"{key}." in MAPS.values():
                out.setdefault(key, {})[name] = value
            else:
                out.setdefault("extArgs", {})[wire] = value
        return out

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group; a missing one is an error, as with the real provider (it maps nothing to "not found")."""
        try:
            return super().read(call, ident, state)
        except CallRefusedError as error:
            raise RefusedError(f"failed to read Smart Group: {error}. Fix: create it again, or remove it from the state.") from None


class WebGroup(AppDomain):
    """`aviatrix_web_group`."""

    type_name = "webGroup"
    called = "Web Group"
    fields = frozenset({"snifilter", "urlfilter"})

    def find_problem(self, key: str, value: Any) -> str:
        """Check that no value is blank, as the real provider does at plan time."""
        return "" if str(value).strip() else f"expected {key!r} to not be an empty string or whitespace"

    def encode_expression(self, expression: Props) -> dict[str, str]:
        """Return the one filter; refuse both at once at apply, as the real provider does."""
        fields = {key: value for key, value in expression.items() if value}
        if len(fields) != 1:
            raise RefusedError("invalid inputs for Web Group: a match expression has snifilter or urlfilter, exactly one")
        return fields

    def decode_expression(self, fields: dict[str, str]) -> Props:
        """Return the filter."""
        return dict(fields)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group; None when it does not exist, so that it is created again."""
        try:
            return super().read(call, ident, state)
        except CallRefusedError as error:
            if "App domain not found" in error.reason:
                return None
            raise


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
