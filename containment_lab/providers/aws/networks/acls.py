"""Network ACLs with their inline rules and subnets."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from containment_lab.providers.aws.resource import Resource, dig, map_names
from containment_lab.providers.handler import Call, Props

_NUMBERS = {"all": "-1", "tcp": "6", "udp": "17", "icmp": "1"}
_CATCH_ALL = 32767


def _normalize_protocol(value: Any) -> str:
    return _NUMBERS.get(str(value).lower(), str(value))


def _encode_entry(rule: Props) -> Props:
    """Return an inline rule in AWS's form."""
    out: Props = {
        "RuleNumber": int(rule["ruleNo"]),
        "RuleAction": str(rule["action"]).lower(),
        "Protocol": _normalize_protocol(rule["protocol"]),
    }
    out |= {aws: rule[ours] for ours, aws in (("cidrBlock", "CidrBlock"), ("ipv6CidrBlock", "Ipv6CidrBlock")) if rule.get(ours)}
    if out["Protocol"] in ("6", "17"):
        out["PortRange"] = {"From": int(rule.get("fromPort") or 0), "To": int(rule.get("toPort") or 0)}
    if out["Protocol"] == "1":
        out["IcmpTypeCode"] = {"Type": int(rule.get("icmpType") or 0), "Code": int(rule.get("icmpCode") or 0)}
    return out


def _decode_entry(entry: Props) -> Props:
    """Return AWS's entry as an inline rule."""
    out = {"ruleNo": entry["RuleNumber"], "action": entry["RuleAction"], "protocol": entry["Protocol"]}
    out |= {"cidrBlock": entry.get("CidrBlock"), "ipv6CidrBlock": entry.get("Ipv6CidrBlock")}
    out |= {"fromPort": dig(entry, "PortRange.From") or 0, "toPort": dig(entry, "PortRange.To") or 0}
    out |= {"icmpType": dig(entry, "IcmpTypeCode.Type") or 0, "icmpCode": dig(entry, "IcmpTypeCode.Code") or 0}
    return {key: value for key, value in out.items() if value is not None}


class NetworkAcl(Resource):
    """An ACL; given inline rules and subnets are exclusive, unset ones are left alone."""

    token = "aws:ec2/networkAcl:NetworkAcl"
    sets = frozenset({"subnetIds", "ingress", "egress"})
    kind = "NetworkAcl"
    send = map_names("vpcId")
    show = map_names("vpcId ownerId")
    also_in_place = frozenset({"subnetIds", "ingress", "egress"})

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare inline rules by their meaning."""
        if key in ("ingress", "egress") and isinstance(one, list) and isinstance(other, list):
            try:
                return self._index_entries(one) == self._index_entries(other)
            except (KeyError, ValueError):  # unknowns in a preview
                return super().is_same(key, one, other)
        return super().is_same(key, one, other)

    @staticmethod
    def _index_entries(rules: list[Props]) -> dict[int, Props]:
        return {int(rule["ruleNo"]): _encode_entry(rule) for rule in rules}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add rules and subnets."""
        mine = [each for each in thing["Entries"] if each["RuleNumber"] != _CATCH_ALL]
        shown: Props = {"subnetIds": sorted(each["SubnetId"] for each in thing["Associations"])}
        shown["ingress"] = [_decode_entry(each) for each in mine if not each["Egress"]]
        shown["egress"] = [_decode_entry(each) for each in mine if each["Egress"]]
        return super().build_outputs(call, ident, thing, state) | shown

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Set rules and subnets."""
        self._apply_inputs(call, ident, {"ingress": [], "egress": [], "subnetIds": [], **inputs})

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set the given rules and subnets."""
        self._apply_inputs(call, ident, inputs)

    def _apply_inputs(self, call: Call, ident: str, inputs: Props) -> None:
        thing = self.find(call, ident, inputs) or {}
        for direction, egress in (("ingress", False), ("egress", True)):
            if inputs.get(direction) is None:
                continue
            old = {each["RuleNumber"] for each in thing["Entries"] if each["Egress"] is egress and each["RuleNumber"] != _CATCH_ALL}
            same = {_make_key(each) for each in map(_decode_entry, (each for each in thing["Entries"] if each["Egress"] is egress))}
            new = self._index_entries(inputs[direction])
            for number in sorted(old - new.keys()):
                self.call_aws(call, inputs, "delete_network_acl_entry", NetworkAclId=ident, Egress=egress, RuleNumber=number)
            for number, entry in sorted(new.items()):
                if _make_key(_decode_entry({**entry})) not in same:
                    method = "replace_network_acl_entry" if number in old else "create_network_acl_entry"
                    self.call_aws(call, inputs, method, NetworkAclId=ident, Egress=egress, **entry)
        if inputs.get("subnetIds") is not None:
            self._apply_subnets(call, ident, thing, inputs)

    def _apply_subnets(self, call: Call, ident: str, thing: Props, inputs: Props) -> None:
        now, wanted = {each["SubnetId"] for each in thing["Associations"]}, set(inputs["subnetIds"])
        for subnet in sorted(wanted - now):
            associate_subnet(self, call, inputs, subnet, ident)
        for subnet in sorted(now - wanted):
            associate_subnet(self, call, inputs, subnet, find_default_acl(self, call, inputs, thing["VpcId"]))

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Return its subnets to the default ACL, then delete it."""
        self._apply_subnets(call, ident, thing, {**state, "subnetIds": []})
        super().unmake(call, ident, thing, state)


def _make_key(rule: Props) -> str:
    return repr(sorted(rule.items()))


def find_default_acl(resource: Resource, call: Call, inputs: Props, vpc: str) -> str:
    """Return a VPC's default ACL."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    return str(dig(resource.call_aws(call, inputs, "describe_network_acls", Filters=filters), "NetworkAcls.0.NetworkAclId"))


def find_association(resource: Resource, call: Call, inputs: Props, subnet: str) -> Props | None:
    """Return a subnet's ACL association."""
    answer = resource.call_aws(call, inputs, "describe_network_acls", Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    everything = (each for acl in answer["NetworkAcls"] for each in acl["Associations"])
    return next((each for each in everything if each["SubnetId"] == subnet), None)


def associate_subnet(resource: Resource, call: Call, inputs: Props, subnet: str, acl: str) -> str:
    """Associate a subnet with another ACL; return the new association."""
    now = find_association(resource, call, inputs, subnet) or {}
    args = {"AssociationId": now["NetworkAclAssociationId"], "NetworkAclId": acl}
    return str(resource.call_aws(call, inputs, "replace_network_acl_association", **args)["NewAssociationId"])


TYPES = (NetworkAcl,)
