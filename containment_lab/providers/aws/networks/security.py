"""Security groups: groups with inline rules, and rules as separate resources.

A rule is compared as atoms, one per peer, because AWS merges and splits rules.
"""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from containment_lab.providers.aws.resource import Resource, map_names, split_words
from containment_lab.providers.handler import Call, Props, RefusedError, UnservedError
from containment_lab.wire import UNKNOWN, has_unknown

PEERS = {"cidrBlocks": "IpRanges", "ipv6CidrBlocks": "Ipv6Ranges", "prefixListIds": "PrefixListIds", "securityGroups": "UserIdGroupPairs"}
_PEER_KEY = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId", "UserIdGroupPairs": "GroupId"}
_PROTOCOLS = {"all": "-1", "tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "icmp": "icmp", "1": "icmp", "58": "icmpv6"}


class Atom(NamedTuple):
    """One peer of one rule. Ports are -1 for all protocols."""

    protocol: str
    low: int
    high: int
    kind: str
    peer: str
    description: str


def build_atoms(rules: Iterable[Props], own: str) -> set[Atom]:
    """Return the atoms of inline rules; `own` is the group that `self` refers to."""
    atoms = set()
    for rule in rules:
        protocol = _PROTOCOLS.get(str(rule["protocol"]).lower(), str(rule["protocol"]).lower())
        low, high = (-1, -1) if protocol == "-1" else (int(rule.get("fromPort", -1)), int(rule.get("toPort", -1)))
        peers = [(kind, peer) for key, kind in PEERS.items() for peer in rule.get(key) or ()]
        if rule.get("self"):
            peers.append(("UserIdGroupPairs", own))
        if not peers:
            raise RefusedError(f"a security group rule needs a peer (cidrBlocks, securityGroups, self, ...), not {rule}")
        atoms |= {
            Atom(protocol=protocol, low=low, high=high, kind=kind, peer=peer, description=rule.get("description") or "")
            for kind, peer in peers
        }
    return atoms


def parse_atoms(permissions: Iterable[Props]) -> set[Atom]:
    """Return the atoms of AWS's permissions."""
    return {
        Atom(
            protocol=each["IpProtocol"],
            low=-1 if each["IpProtocol"] == "-1" else each.get("FromPort", -1),
            high=-1 if each["IpProtocol"] == "-1" else each.get("ToPort", -1),
            kind=kind,
            peer=peer[key],
            description=peer.get("Description", ""),
        )
        for each in permissions
        for kind, key in _PEER_KEY.items()
        for peer in each.get(kind, ())
    }


def encode_atom(atom: Atom) -> Props:
    """Return an atom as one IpPermission of AWS."""
    peer = {_PEER_KEY[atom.kind]: atom.peer} | ({"Description": atom.description} if atom.description else {})
    ports = {} if atom.protocol == "-1" else {"FromPort": atom.low, "ToPort": atom.high}
    return {"IpProtocol": atom.protocol, **ports, atom.kind: [peer]}


def render_inline_rules(atoms: Iterable[Atom], own: str) -> list[Props]:
    """Return atoms as inline rules, one per protocol, ports and description."""
    grouped: defaultdict[tuple[str, int, int, str], Props] = defaultdict(dict)
    for atom in sorted(atoms):
        rule = grouped[atom.protocol, atom.low, atom.high, atom.description]
        ports = (0, 0) if atom.protocol == "-1" else (atom.low, atom.high)
        rule |= {"protocol": atom.protocol, "fromPort": ports[0], "toPort": ports[1], "description": atom.description}
        if atom.kind == "UserIdGroupPairs" and atom.peer == own:
            rule["self"] = True
        else:
            key = next(key for key, kind in PEERS.items() if kind == atom.kind)
            rule.setdefault(key, []).append(atom.peer)
    return [{"self": False, **rule} for rule in grouped.values()]


class SecurityGroup(Resource):
    """A group. Like the real provider it removes the allow-all egress that AWS adds; without inline rules, rules are left alone."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    autoname: str | None = "name"
    defaults = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    sets = frozenset({"ingress", "egress"})
    kind = "SecurityGroup"
    made, find_by, id_arg = "GroupId", "GroupIds", "GroupId"
    send = map_names("description vpcId", name="GroupName")
    show = map_names("vpcId ownerId description", name="GroupName")
    also_in_place = frozenset({"ingress", "egress", "revokeRulesOnDelete"})

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare inline rules as atoms."""
        if key in ("ingress", "egress") and isinstance(one, list) and isinstance(other, list) and not has_unknown([one, other]):
            return build_atoms(one, "self") == build_atoms(other, "self")
        return super().is_same(key, one, other)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the rules in the form of inline ones."""
        rules = {
            "ingress": render_inline_rules(parse_atoms(thing["IpPermissions"]), ident),
            "egress": render_inline_rules(parse_atoms(thing["IpPermissionsEgress"]), ident),
        }
        return super().build_outputs(call, ident, thing, state) | rules

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Remove the default egress and add the inline rules."""
        self._apply_rules(call, ident, "egress", inputs.get("egress") or [], inputs)
        self._apply_rules(call, ident, "ingress", inputs.get("ingress") or [], inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Make the live rules equal to the inline ones."""
        for direction in ("egress", "ingress"):
            if inputs.get(direction) is not None:
                self._apply_rules(call, ident, direction, inputs[direction], inputs)

    def _apply_rules(self, call: Call, ident: str, direction: str, rules: list[Props], inputs: Props) -> None:
        thing = self.find(call, ident, inputs) or {}
        old, new = parse_atoms(thing["IpPermissions" if direction == "ingress" else "IpPermissionsEgress"]), build_atoms(rules, ident)
        for atom in sorted(old - new):
            self.call_aws(call, inputs, f"revoke_security_group_{direction}", GroupId=ident, IpPermissions=[encode_atom(atom)])
        for atom in sorted(new - old):
            self.call_aws(call, inputs, f"authorize_security_group_{direction}", GroupId=ident, IpPermissions=[encode_atom(atom)])


class DefaultSecurityGroup(SecurityGroup):
    """A VPC's default group, adopted: it has exactly the inline rules. Deletion leaves it unchanged."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    autoname = None
    defaults = {"revokeRulesOnDelete": False}
    send = map_names()
    also = frozenset({"vpcId"})

    def make(self, call: Call, inputs: Props) -> str:
        """Return the id of the VPC's default group."""
        filters = [{"Name": "group-name", "Values": ["default"]}]
        if vpc := inputs.get("vpcId"):
            filters.append({"Name": "vpc-id", "Values": [vpc]})
        return str(self.call_aws(call, inputs, "describe_security_groups", Filters=filters)["SecurityGroups"][0]["GroupId"])

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Replace its rules and tags."""
        super().finish_create(call, ident, inputs)
        self.retag(call, ident, {}, inputs.get("tags") or {}, inputs)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Leave the group unchanged."""


class _SinglePeerRule(Resource):
    """A rule with one peer (`aws:vpc/...`)."""

    direction = ""
    also = frozenset({"securityGroupId"})
    also_in_place = split_words("cidrIpv4 cidrIpv6 prefixListId referencedSecurityGroupId ipProtocol fromPort toPort description")
    kind = "SecurityGroupRule"
    show = map_names(
        "cidrIpv4 cidrIpv6 prefixListId ipProtocol fromPort toPort description securityGroupRuleId",
        securityGroupId="GroupId",
        referencedSecurityGroupId="ReferencedGroupInfo.GroupId",
    )

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Require exactly one peer."""
        peers = [key for key in ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId") if inputs.get(key) is not None]
        if len(peers) != 1:
            yield "cidrIpv4", f"a rule needs exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId; it has {peers}"
        yield from super().check(call, inputs)

    def make(self, call: Call, inputs: Props) -> str:
        """Authorize the rule."""
        args = {"GroupId": inputs["securityGroupId"], "IpPermissions": [encode_atom(self._build_atom(inputs))]}
        if inputs.get("tags"):
            args |= self.create_args(call, inputs)
        rules = self.call_aws(call, inputs, f"authorize_security_group_{self.direction}", **args)["SecurityGroupRules"]
        return str(rules[0]["SecurityGroupRuleId"])

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Add the ports; AWS returns -1 where a rule has none."""
        thing = super().find(call, ident, state)
        if thing:
            for key in ("FromPort", "ToPort"):
                if thing.get(key) == -1 and thing["IpProtocol"] == "-1":
                    del thing[key]
        return thing

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare protocols by number or name."""
        if key == "ipProtocol" and isinstance(one, str) and isinstance(other, str):
            return _PROTOCOLS.get(one, one) == _PROTOCOLS.get(other, other)
        return super().is_same(key, one, other)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change the rule under its id."""
        if any(not self.is_same(key, live.get(key), inputs.get(key)) for key in self.also_in_place):
            atom = self._build_atom(inputs)
            rule = {"IpProtocol": atom.protocol, "FromPort": atom.low, "ToPort": atom.high, "Description": atom.description}
            peer = {
                "IpRanges": "CidrIpv4",
                "Ipv6Ranges": "CidrIpv6",
                "PrefixListIds": "PrefixListId",
                "UserIdGroupPairs": "ReferencedGroupId",
            }
            rule[peer[atom.kind]] = atom.peer
            rules = [{"SecurityGroupRuleId": ident, "SecurityGroupRule": rule}]
            self.call_aws(call, inputs, "modify_security_group_rules", GroupId=inputs["securityGroupId"], SecurityGroupRules=rules)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Revoke the rule."""
        args = {"GroupId": thing["GroupId"], "SecurityGroupRuleIds": [ident]}
        self.call_aws(call, state, f"revoke_security_group_{self.direction}", **args)

    @staticmethod
    def _build_atom(inputs: Props) -> Atom:
        rule = {"protocol": inputs["ipProtocol"], "description": inputs.get("description")}
        rule |= {key: inputs[key] for key in ("fromPort", "toPort") if inputs.get(key) is not None}
        key = {
            "cidrIpv4": "cidrBlocks",
            "cidrIpv6": "ipv6CidrBlocks",
            "prefixListId": "prefixListIds",
            "referencedSecurityGroupId": "securityGroups",
        }
        rule |= {theirs: [inputs[ours]] for ours, theirs in key.items() if inputs.get(ours)}
        return next(iter(build_atoms([rule], "")))


class IngressRule(_SinglePeerRule):
    """One ingress rule."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "ingress"


class EgressRule(_SinglePeerRule):
    """One egress rule."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "egress"


class SecurityGroupRule(Resource):
    """The older rule resource: one direction, many peers. Its id is derived from its content."""

    token = "aws:ec2/securityGroupRule:SecurityGroupRule"
    defaults = {"self": False}
    sets = frozenset(PEERS)
    also = frozenset({"type", "protocol", "fromPort", "toPort", "securityGroupId", "sourceSecurityGroupId", "self", "description"}) | (
        PEERS.keys() - {"securityGroups"}
    )

    def make(self, call: Call, inputs: Props) -> str:
        """Authorize every peer that is missing."""
        atoms = sorted(self._build_atoms(inputs))
        ident = f"sgrule-{hashlib.sha256(repr((inputs['securityGroupId'], inputs['type'], atoms)).encode()).hexdigest()[:10]}"
        try:
            args = {"GroupId": inputs["securityGroupId"], "IpPermissions": [encode_atom(atom) for atom in atoms]}
            self.call_aws(call, inputs, f"authorize_security_group_{inputs['type']}", **args)
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidPermission.Duplicate":
                raise RefusedError(
                    f"{call.name}: the group {inputs['securityGroupId']} has this rule already; remove one of the two"
                ) from error
            raise
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Return the rule if all its peers exist."""
        if not state.get("securityGroupId"):
            raise UnservedError(f"{self.token} cannot be imported in the lab", fix="use aws.vpc.SecurityGroupEgressRule or IngressRule")
        answer = self.try_call(lambda: self.call_aws(call, state, "describe_security_groups", GroupIds=[state["securityGroupId"]]))
        if not answer:
            return None
        key = "IpPermissions" if state["type"] == "ingress" else "IpPermissionsEgress"
        return dict(state) if self._build_atoms(state) <= parse_atoms(answer["SecurityGroups"][0][key]) else None

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Return the inputs: a rule with other content does not count as existing."""
        kept = {key: thing.get(key) for key in (*self.also, "securityGroupRuleId")}
        return super().build_outputs(call, ident, thing, state) | kept

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Revoke its peers."""
        args = {"GroupId": state["securityGroupId"], "IpPermissions": [encode_atom(atom) for atom in sorted(self._build_atoms(state))]}
        self.call_aws(call, state, f"revoke_security_group_{state['type']}", **args)

    @staticmethod
    def _build_atoms(inputs: Props) -> set[Atom]:
        source = inputs.get("sourceSecurityGroupId")
        rule = {**inputs, "securityGroups": [source] if source and source != UNKNOWN else []}
        return build_atoms([rule], inputs["securityGroupId"])


TYPES = (SecurityGroup, DefaultSecurityGroup, IngressRule, EgressRule, SecurityGroupRule)
