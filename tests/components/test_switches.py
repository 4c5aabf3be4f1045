"""Each switch of the program does what it says: on, what it closes is closed; off, the rest stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.deploy import Deployed, deploy, stack_config

STACK = "coding-enforce"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def made(**config: str) -> Deployed:
    done = deploy(STACK, stack_config(STACK, **config))
    assert done.error is None, done.error
    return done


def role(done: Deployed) -> dict[str, Any]:
    (found,) = [each for each in done.of_type("aws:iam/role:Role") if "ec2.amazonaws.com" in each["assumeRolePolicy"]]
    return found


def inline(done: Deployed, name: str) -> dict[str, Any]:
    (found,) = [each for each in done.of_type("aws:iam/rolePolicy:RolePolicy") if each["name"] == name]
    return json.loads(found["policy"])


@pytest.fixture(scope="module")
def default() -> Deployed:
    return made()


def test_the_gateway_is_single_watched_and_encrypted(default: Deployed) -> None:
    (gateway,) = default.of_type("aviatrix:index/spokeGateway:SpokeGateway")
    assert gateway["enableMonitorGatewaySubnets"] is True
    assert gateway["enableEncryptVolume"] is True
    assert gateway["manageHaGateway"] is False
    assert "haSubnet" not in gateway


def test_a_second_gateway_is_in_another_zone_behind_the_same_border() -> None:
    done = made(haGateway="true")
    (gateway,) = done.of_type("aviatrix:index/spokeGateway:SpokeGateway")
    assert (gateway["haSubnet"], gateway["haGwSize"], gateway["manageHaGateway"]) == ("10.43.1.0/24", gateway["gwSize"], True)
    subnets = {each["cidrBlock"]: each["availabilityZone"] for each in done.of_type("aws:ec2/subnet:Subnet")}
    assert subnets["10.43.1.0/24"] != subnets["10.43.0.0/24"]
    (acl,) = [each for each in done.of_type("aws:ec2/networkAcl:NetworkAcl") if each["tags"]["Name"].endswith("-gateway")]
    assert len(acl["subnetIds"]) == 2


def test_hosts_use_awss_own_resolver(default: Deployed) -> None:
    (options,) = default.of_type("aws:ec2/vpcDhcpOptions:VpcDhcpOptions")
    assert options["domainNameServers"] == ["AmazonProvidedDNS"]
    assert len(default.of_type("aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation")) == 1


def test_access_lists_are_on_every_subnet_or_on_none(default: Deployed) -> None:
    subnets = {subnet for acl in default.of_type("aws:ec2/networkAcl:NetworkAcl") for subnet in acl["subnetIds"]}
    assert len(subnets) == len(default.of_type("aws:ec2/subnet:Subnet"))
    assert made(enableNetworkAcls="false").of_type("aws:ec2/networkAcl:NetworkAcl") == []


def test_the_role_is_bounded_unless_configured_otherwise(default: Deployed) -> None:
    assert role(default)["permissionsBoundary"]
    (policy,) = default.of_type("aws:iam/policy:Policy")
    assert "*" not in [
        action for each in json.loads(policy["policy"])["Statement"] if each["Effect"] == "Allow" for action in each["Action"]
    ]
    without = made(enablePermissionsBoundary="false")
    assert "permissionsBoundary" not in role(without)
    assert without.of_type("aws:iam/policy:Policy") == []
    assert inline(without, "containment"), "the explicit deny stays"


def test_credentials_are_tied_to_the_vpc_where_calls_come_through_its_endpoints(default: Deployed) -> None:
    sids = [statement["Sid"] for statement in inline(default, "containment")["Statement"]]
    assert sids == ["Containment", "FromElsewhere", "FromAnotherHost"]
    over_the_internet = made(createSsmVpcEndpoints="false")
    assert [statement["Sid"] for statement in inline(over_the_internet, "containment")["Statement"]] == ["Containment"]


def test_no_endpoint_policy_is_sent_when_they_are_switched_off() -> None:
    endpoints = made(enableEndpointPolicies="false").of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert len(endpoints) == 9
    assert not [endpoint for endpoint in endpoints if endpoint.get("policy")]


def test_an_organisation_replaces_the_account_in_every_endpoint_policy() -> None:
    for endpoint in made(organizationId="o-a1b2c3d4e5").of_type("aws:ec2/vpcEndpoint:VpcEndpoint"):
        statement = json.loads(endpoint["policy"])["Statement"][0]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:ResourceOrgID": "o-a1b2c3d4e5"}}


def test_syslog_goes_by_tls_with_the_ca_that_was_given() -> None:
    done = made(syslogServer="logs.corp.example", syslogCaCertificate=PEM, syslogIndex="3")
    (profile,) = done.of_type("aviatrix:index/remoteSyslog:RemoteSyslog")
    assert (profile["server"], profile["port"], profile["protocol"], profile["index"]) == ("logs.corp.example", 6514, "TCP", 3)
    assert profile["caCertificateFile"] == PEM.strip() or profile["caCertificateFile"] == PEM


def test_syslog_without_a_ca_or_on_copilots_index_is_refused() -> None:
    for config in (
        {"syslogServer": "logs.corp.example"},
        {"syslogServer": "logs.corp.example", "syslogCaCertificate": PEM, "syslogIndex": "9"},
    ):
        done = deploy(STACK, stack_config(STACK, **config))
        assert done.error is not None
        assert "syslog" in done.error


def test_copilot_keeps_its_own_index() -> None:
    done = made(copilotPrivateIp="10.9.9.9")
    (profile,) = done.of_type("aviatrix:index/remoteSyslog:RemoteSyslog")
    assert profile["index"] == 9
    assert len(done.of_type("aviatrix:index/copilotAssociation:CopilotAssociation")) == 1


def test_nothing_secret_and_no_key_pair_is_on_the_host(default: Deployed) -> None:
    (host,) = default.of_type("aws:ec2/instance:Instance")
    assert "keyName" not in host
    assert "password" not in host["userData"].lower()


def test_pulumi_names_contain_no_prefix_so_a_new_prefix_replaces_no_policy(default: Deployed) -> None:
    renamed = made(namePrefix="corp-agents")
    assert renamed.resources.keys() == default.resources.keys()
