"""What one gateway applies of a Controller's rules: those that its own VPC's addresses can match, in the same order, and nothing less."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from containment.names import Protocol
from containment_lab.gateway.address_filter import build_gateway_table
from containment_lab.gateway.enforced_policy import EVERYWHERE, GatewayPolicy, GatewayRule, select_rules_for

OWN = (IPv4Network("10.42.0.0/16"),)
NETWORKS = st.sampled_from(["10.42.0.0/16", "10.42.10.0/24", "10.0.0.0/8", "10.43.0.0/16", "172.16.0.0/12", "0.0.0.0/0"]).map(IPv4Network)


def rule(uuid: str, sources: tuple[IPv4Network, ...]) -> GatewayRule:
    return GatewayRule(uuid, f"rule-{uuid}", True, False, sources, EVERYWHERE, Protocol.TCP, ((443, 443),), None, False, False, False, True)


@given(st.lists(st.lists(NETWORKS, max_size=3), max_size=8), st.integers(0, 0xFFFF))
def test_for_every_address_of_the_vpc_the_same_rules_are_in_the_same_order(groups: list[list[IPv4Network]], offset: int) -> None:
    policy = GatewayPolicy(True, tuple(rule(str(index), tuple(group)) for index, group in enumerate(groups)), False, True)
    address = OWN[0].network_address + offset

    def matching(rules: tuple[GatewayRule, ...]) -> list[str]:
        return [each.uuid for each in rules if any(address in network for network in each.sources)]

    assert matching(select_rules_for(policy, OWN).rules) == matching(policy.rules)


def test_rules_of_other_vpcs_are_left_out_and_the_rest_of_the_policy_stays() -> None:
    policy = GatewayPolicy(True, (rule("own", OWN), rule("other", (IPv4Network("10.43.0.0/16"),))), False, True, ("sg: names",))
    seen = select_rules_for(policy, OWN)
    assert [each.uuid for each in seen.rules] == ["own"]
    assert (seen.enforcing, seen.default_permits, seen.default_logged, seen.unresolved) == (True, False, True, ("sg: names",))


def test_a_sender_from_outside_the_vpc_is_refused_before_any_rule() -> None:
    policy = GatewayPolicy(True, (rule("all", EVERYWHERE),), True, True)
    text = build_gateway_table(select_rules_for(policy, OWN), 1, IPv4Address("10.42.0.5"), OWN, snat=True)
    judge = text[text.index("chain judge {") :]
    assert judge.index("ip saddr != { 10.42.0.0/16 } log") < judge.index("PERMIT|all|true")
    assert "goto to_deny" in judge.partition("PERMIT|all")[0]
