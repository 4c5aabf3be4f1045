"""SmartGroups and WebGroups.

A group that exists already with the same name and content is adopted: it is what a run left that was killed between the
Controller's answer and the state file (the real provider would fail there and leave it orphaned). Same name, other
content is refused. As with the real provider a SmartGroup deleted behind Pulumi's back makes reads fail, a WebGroup is made again.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from containment.lab.providers.aviatrix.client import ControllerError
from containment.lab.providers.aviatrix.resource import AviatrixResource, gone_is_fine
from containment.lab.providers.handler import Call, Props, RefusedError
from containment.lab.wire import UNKNOWN

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


class AppDomain(AviatrixResource):
    """What both kinds of group are to the Controller."""

    computed = frozenset({"uuid"})
    autoname = "name"
    inputs = frozenset({"name", "selector"})
    required = frozenset({"selector"})
    called: str = ""
    fields: frozenset[str] = frozenset()

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check every expression whose value is known."""
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
                elif value not in (None, UNKNOWN) and (why := self.wrong(key, value)):
                    yield where, why

    def wrong(self, key: str, value: Any) -> str:
        """Return why a value is refused at plan time, or nothing."""
        raise NotImplementedError

    def to_wire(self, expression: Props) -> dict[str, str]:
        """Return one expression as the API has it."""
        raise NotImplementedError

    def from_wire(self, fields: dict[str, str]) -> Props:
        """Return one expression as Pulumi has it."""
        raise NotImplementedError

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Make the group, or adopt the one that a killed run made."""
        client, body = self.client(call), self._body(inputs)
        try:
            ident = client.rest("POST", "app-domains", body)["uuid"]
        except ControllerError as error:
            if error.status != 409:
                raise RefusedError(f"failed to create {self.called}: {error}") from None
            found = client.rest("GET", f"app-domains/name/{body['name']}")
            if found["selector"] != body["selector"]:
                raise RefusedError(
                    f"failed to create {self.called}: {body['name']} exists on the Controller ({found['uuid']}) with another selector. "
                    "Fix: choose another name, import it, or delete it there."
                ) from None
            ident = found["uuid"]
        call.claim(ident)
        return ident, self.identified(ident, uuid=ident)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group as it is on the Controller."""
        found = self.client(call).rest("GET", f"app-domains/{ident}")
        expressions = [self.from_wire(each["all"]) for each in found["selector"]["any"]]
        return self.identified(ident, uuid=ident, name=found["name"], selector={"matchExpressions": expressions})

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Change name and selector in place."""
        self.client(call).rest("PUT", f"app-domains/{ident}", self._body(inputs))
        return self.identified(ident, uuid=ident)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete the group; the Controller refuses while a rule uses it."""
        try:
            self.client(call).rest("DELETE", f"app-domains/{ident}")
        except ControllerError as error:
            gone_is_fine(error)

    def as_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live value whole: an expression may have gained a field."""
        return live

    def _body(self, inputs: Props) -> Props:
        expressions = inputs["selector"].get("matchExpressions") or []
        if not all(expressions):
            raise RefusedError(f"invalid inputs for {self.called}: match expressions block cannot be empty")
        return {"name": inputs["name"], "selector": {"any": [{"all": self.to_wire(each)} for each in expressions]}}


class SmartGroup(AppDomain):
    """`aviatrix_smart_group`."""

    type_name = "smartGroup"
    called = "Smart Group"
    fields = frozenset({*FIELDS, *MAPS, "extArgs"})

    def wrong(self, key: str, value: Any) -> str:
        """Check what the real provider checks at plan time: addresses, blanks, Kubernetes names."""
        text = str(value)
        if key == "cidr" and not _is_cidr(text):
            return f"expected a CIDR or an IP address, got: {text}"
        if key in ("fqdn", "site") and not text.strip():
            return f"expected {key!r} to not be an empty string or whitespace"
        if key in ("k8sPod", "k8sService", "k8sNamespace") and not LABEL.fullmatch(text):
            return f"must be a valid Kubernetes name, got: {text}"
        return ""

    def to_wire(self, expression: Props) -> dict[str, str]:
        """Flatten maps; external arguments stand beside `external`. The region is lower case without spaces, as the provider sends it."""
        fields = {FIELDS[key]: value for key, value in expression.items() if key in FIELDS and value}
        for key, prefix in MAPS.items():
            fields |= {f"{prefix}{name}": value for name, value in (expression.get(key) or {}).items()}
        if expression.get("external"):
            fields |= expression.get("extArgs") or {}
        if "region" in fields:
            fields["region"] = fields["region"].replace(" ", "").lower()
        return fields

    def from_wire(self, fields: dict[str, str]) -> Props:
        """Undo `to_wire`."""
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
        """Return the group; one that is gone is an error, as with the real provider (it maps nothing to "not found")."""
        try:
            return super().read(call, ident, state)
        except ControllerError as error:
            raise RefusedError(f"failed to read Smart Group: {error}. Fix: make it again, or take it out of the state.") from None


class WebGroup(AppDomain):
    """`aviatrix_web_group`."""

    type_name = "webGroup"
    called = "Web Group"
    fields = frozenset({"snifilter", "urlfilter"})

    def wrong(self, key: str, value: Any) -> str:
        """Check what the real provider checks at plan time: blanks."""
        return "" if str(value).strip() else f"expected {key!r} to not be an empty string or whitespace"

    def to_wire(self, expression: Props) -> dict[str, str]:
        """Return the one filter; both at once are refused at apply, as by the real provider."""
        fields = {key: value for key, value in expression.items() if value}
        if len(fields) != 1:
            raise RefusedError("invalid inputs for Web Group: a match expression has snifilter or urlfilter, exactly one")
        return fields

    def from_wire(self, fields: dict[str, str]) -> Props:
        """Return the filter."""
        return dict(fields)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group; None when it is gone, so that it is made again."""
        try:
            return super().read(call, ident, state)
        except ControllerError as error:
            if "App domain not found" in error.reason:
                return None
            raise


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
