"""Network ACLs: with inline rules, rules as resources of their own, and which subnet uses which."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from containment.lab.providers.aws.resource import Resource, dig, names, words
from containment.lab.providers.handler import Call, Props

_NUMBERS = {"all": "-1", "tcp": "6", "udp": "17", "icmp": "1"}
_CATCH_ALL = 32767


def _protocol(value: Any) -> str:
    return _NUMBERS.get(str(value).lower(), str(value))


def _entry(rule: Props, number: str, action: str) -> Props:
    """Return a rule as AWS takes it; `number` and `action` are its names for those two."""
    out: Props = {"RuleNumber": int(rule[number]), "RuleAction": str(rule[action]).lower(), "Protocol": _protocol(rule["protocol"])}
    out |= {aws: rule[ours] for ours, aws in (("cidrBlock", "CidrBlock"), ("ipv6CidrBlock", "Ipv6CidrBlock")) if rule.get(ours)}
    if out["Protocol"] in ("6", "17"):
        out["PortRange"] = {"From": int(rule.get("fromPort") or 0), "To": int(rule.get("toPort") or 0)}
    if out["Protocol"] == "1":
        out["IcmpTypeCode"] = {"Type": int(rule.get("icmpType") or 0), "Code": int(rule.get("icmpCode") or 0)}
    return out


def _inline(entry: Props) -> Props:
    """Return what AWS lists as an inline rule."""
    out = {"ruleNo": entry["RuleNumber"], "action": entry["RuleAction"], "protocol": entry["Protocol"]}
    out |= {"cidrBlock": entry.get("CidrBlock"), "ipv6CidrBlock": entry.get("Ipv6CidrBlock")}
    out |= {"fromPort": dig(entry, "PortRange.From") or 0, "toPort": dig(entry, "PortRange.To") or 0}
    out |= {"icmpType": dig(entry, "IcmpTypeCode.Type") or 0, "icmpCode": dig(entry, "IcmpTypeCode.Code") or 0}
    return {key: value for key, value in out.items() if value is not None}


class NetworkAcl(Resource):
    """An ACL; inline rules and subnets given are all it has, those not given are left alone."""

    token = "aws:ec2/networkAcl:NetworkAcl"
    sets = frozenset({"subnetIds", "ingress", "egress"})
    create_call, made = "create_network_acl", "NetworkAcl.NetworkAclId"
    find_call, find_by, found = "describe_network_acls", "NetworkAclIds", "NetworkAcls.0"
    delete_call, id_arg = "delete_network_acl", "NetworkAclId"
    send = names("vpcId")
    show = names("vpcId ownerId")
    also_in_place = frozenset({"subnetIds", "ingress", "egress"})
    tagged, arn = "network-acl", "arn:aws:ec2:{region}:{account}:network-acl/{id}"

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Compare inline rules as what they mean."""
        if key in ("ingress", "egress") and isinstance(one, list) and isinstance(other, list):
            try:
                return self._meant(one) == self._meant(other)
            except (KeyError, ValueError):  # unknowns in a preview
                return super().same(key, one, other)
        return super().same(key, one, other)

    @staticmethod
    def _meant(rules: list[Props]) -> dict[int, Props]:
        return {int(rule["ruleNo"]): _entry(rule, "ruleNo", "action") for rule in rules}

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add rules and subnets."""
        mine = [each for each in thing["Entries"] if each["RuleNumber"] != _CATCH_ALL]
        shown: Props = {"subnetIds": sorted(each["SubnetId"] for each in thing["Associations"])}
        shown["ingress"] = [_inline(each) for each in mine if not each["Egress"]]
        shown["egress"] = [_inline(each) for each in mine if each["Egress"]]
        return super().props(call, ident, thing, state) | shown

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Set rules and subnets."""
        self._set(call, ident, {"ingress": [], "egress": [], "subnetIds": [], **inputs})

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set rules and subnets that are given."""
        self._set(call, ident, inputs)

    def _set(self, call: Call, ident: str, inputs: Props) -> None:
        thing = self.find(call, ident, inputs) or {}
        for direction, egress in (("ingress", False), ("egress", True)):
            if inputs.get(direction) is None:
                continue
            old = {each["RuleNumber"] for each in thing["Entries"] if each["Egress"] is egress and each["RuleNumber"] != _CATCH_ALL}
            same = {_key(each) for each in map(_inline, (each for each in thing["Entries"] if each["Egress"] is egress))}
            new = self._meant(inputs[direction])
            for number in sorted(old - new.keys()):
                self.ask(call, inputs, "delete_network_acl_entry", NetworkAclId=ident, Egress=egress, RuleNumber=number)
            for number, entry in sorted(new.items()):
                if _key(_inline({**entry})) not in same:
                    method = "replace_network_acl_entry" if number in old else "create_network_acl_entry"
                    self.ask(call, inputs, method, NetworkAclId=ident, Egress=egress, **entry)
        if inputs.get("subnetIds") is not None:
            self._subnets(call, ident, thing, inputs)

    def _subnets(self, call: Call, ident: str, thing: Props, inputs: Props) -> None:
        now, wanted = {each["SubnetId"] for each in thing["Associations"]}, set(inputs["subnetIds"])
        for subnet in sorted(wanted - now):
            move_subnet(self, call, inputs, subnet, ident)
        for subnet in sorted(now - wanted):
            move_subnet(self, call, inputs, subnet, default_acl(self, call, inputs, thing["VpcId"]))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Give its subnets back to the default ACL first."""
        if thing := self.find(call, ident, state):
            self._subnets(call, ident, thing, {**state, "subnetIds": []})
            super().unmake(call, ident, state)


def _key(rule: Props) -> str:
    return repr(sorted(rule.items()))


def default_acl(resource: Resource, call: Call, inputs: Props, vpc: str) -> str:
    """Return a VPC's default ACL."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    return str(dig(resource.ask(call, inputs, "describe_network_acls", Filters=filters), "NetworkAcls.0.NetworkAclId"))


def association(resource: Resource, call: Call, inputs: Props, subnet: str) -> Props | None:
    """Return a subnet's ACL association."""
    answer = resource.ask(call, inputs, "describe_network_acls", Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    everything = (each for acl in answer["NetworkAcls"] for each in acl["Associations"])
    return next((each for each in everything if each["SubnetId"] == subnet), None)


def move_subnet(resource: Resource, call: Call, inputs: Props, subnet: str, acl: str) -> str:
    """Let a subnet use another ACL; return the new association."""
    now = association(resource, call, inputs, subnet) or {}
    args = {"AssociationId": now["NetworkAclAssociationId"], "NetworkAclId": acl}
    return str(resource.ask(call, inputs, "replace_network_acl_association", **args)["NewAssociationId"])


class DefaultNetworkAcl(NetworkAcl):
    """A VPC's default ACL, taken over: it has exactly the inline rules. Deleting it leaves it as it is."""

    token = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
    send = names()
    show = names("vpcId ownerId", defaultNetworkAclId="NetworkAclId")
    also = frozenset({"defaultNetworkAclId"})

    def make(self, call: Call, inputs: Props) -> str:  # noqa: ARG002
        """Take it over."""
        return str(inputs["defaultNetworkAclId"])

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Replace its rules and tags."""
        self._set(call, ident, {"ingress": [], "egress": [], **inputs})
        self.retag(call, ident, {}, inputs.get("tags") or {}, inputs)

    def _subnets(self, call: Call, ident: str, thing: Props, inputs: Props) -> None:
        """Subnets leave the default ACL by joining another; only take in those named."""
        now = {each["SubnetId"] for each in thing["Associations"]}
        for subnet in sorted(set(inputs["subnetIds"]) - now):
            move_subnet(self, call, inputs, subnet, ident)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Leave it."""


class NetworkAclRule(Resource):
    """One entry of an ACL; its id is made from the ACL, the direction and the number."""

    token = "aws:ec2/networkAclRule:NetworkAclRule"
    defaults = {"egress": False}
    also = words("networkAclId ruleNumber egress protocol ruleAction cidrBlock ipv6CidrBlock fromPort toPort icmpType icmpCode")

    def make(self, call: Call, inputs: Props) -> str:
        """Make it."""
        entry = _entry(inputs, "ruleNumber", "ruleAction")
        args = {"NetworkAclId": inputs["networkAclId"], "Egress": bool(inputs["egress"]), **entry}
        self.ask(call, inputs, "create_network_acl_entry", **args)
        ident = f"{inputs['networkAclId']}:{inputs['ruleNumber']}:{'egress' if inputs['egress'] else 'ingress'}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look in the ACL."""
        acl, number, direction = ident.split(":")
        answer = self.quietly(lambda: self.ask(call, state, "describe_network_acls", NetworkAclIds=[acl]))
        for each in dig(answer, "NetworkAcls.0.Entries") or ():
            if each["RuleNumber"] == int(number) and each["Egress"] is (direction == "egress"):
                return {**each, "NetworkAclId": acl}
        return None

    show = names(
        "networkAclId ruleNumber egress protocol ruleAction cidrBlock ipv6CidrBlock", fromPort="PortRange.From", toPort="PortRange.To"
    )

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Protocols have numbers and names; ports mean nothing without tcp or udp."""
        if key == "protocol" and one is not None and other is not None:
            return _protocol(one) == _protocol(other)
        return super().same(key, one, other)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Delete it if it is still there."""
        if thing := self.find(call, ident, state):
            args = {"NetworkAclId": thing["NetworkAclId"], "Egress": thing["Egress"], "RuleNumber": thing["RuleNumber"]}
            self.ask(call, state, "delete_network_acl_entry", **args)


class NetworkAclAssociation(Resource):
    """Which ACL a subnet uses; deleting it gives the subnet back to the default one."""

    token = "aws:ec2/networkAclAssociation:NetworkAclAssociation"
    also = frozenset({"networkAclId", "subnetId"})
    delete_first = True

    def make(self, call: Call, inputs: Props) -> str:
        """Move the subnet."""
        ident = move_subnet(self, call, inputs, inputs["subnetId"], inputs["networkAclId"])
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Look for the subnet's association."""
        now = association(self, call, state, state["subnetId"]) if state.get("subnetId") else None
        return now if now and now["NetworkAclId"] == state.get("networkAclId") else None

    show = names("networkAclId subnetId")

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Move it back."""
        if self.find(call, ident, state):
            subnet = self.ask(call, state, "describe_subnets", SubnetIds=[state["subnetId"]])["Subnets"][0]
            move_subnet(self, call, state, state["subnetId"], default_acl(self, call, state, subnet["VpcId"]))


TYPES = (NetworkAcl, DefaultNetworkAcl, NetworkAclRule, NetworkAclAssociation)
