"""The properties that are judged as deployed, as data: by type, with the fields of a block that a rule reads.

An input that a program leaves unset is often set all the same: by a default of the provider, by the console, by another program.
A refresh writes it to the outputs only. Properties that are missing here are judged by the inputs alone, for these reasons:

- `networkInterfaces` and `primaryNetworkInterface` of an instance list the interface that it was created with;
- `securityGroups` of an instance repeats `vpcSecurityGroupIds` by name;
- `launchTemplate` of an instance is judged where the program sets it, and what came of it is in the other outputs;
- `tags` are read from `tagsAll` already;
- DCF rules are judged as answered by the rules about them (`Graph.as_answered`), in complete environments only: a default that the
  Controller fills in is no statement of a smaller program.
"""

from __future__ import annotations

from typing import Final

from policypack.known_types import (
    CONFIG_FEATURE,
    DEFAULT_ACTION,
    DHCP_OPTIONS,
    DNS_CONFIG,
    DNS_LIST,
    DNS_RULE,
    EIP,
    FIREWALLING_CONFIG,
    FLOW_LOG,
    INSTANCES,
    INTERFACE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    POLICY,
    PREFIX_LIST,
    PROFILE,
    ROLE,
    ROLE_POLICY,
    SECURITY_GROUPS,
    SMART_GROUP,
    SPOKE_GATEWAY,
    SUBNETS,
    TABLES,
    TLS_PROFILE,
    VPC_ENDPOINT,
    VPCS,
    WEB_GROUP,
)

Fields = tuple[str, ...]
"""The fields of a block that a rule reads; empty when the whole value is read."""

_WHOLE: Final[Fields] = ()
_METADATA: Final[dict[str, Fields]] = {"metadataOptions": ("httpEndpoint", "httpTokens", "httpPutResponseHopLimit")}
_DISKS: Final[dict[str, Fields]] = {"rootBlockDevice": ("encrypted",), "ebsBlockDevices": ("encrypted",)}


def _whole(*keys: str) -> dict[str, Fields]:
    return dict.fromkeys(keys, _WHOLE)


_STARTED: Final = {
    **_METADATA,
    **_DISKS,
    **_whole("associatePublicIpAddress", "iamInstanceProfile", "keyName", "userData", "userDataBase64"),
}
_IPV6: Final = _whole("ipv6AddressCount", "ipv6Addresses")

JUDGED: Final[dict[str, dict[str, Fields]]] = {
    **{kind: {**_STARTED, **_IPV6, **_whole("enablePrimaryIpv6", "subnetId", "vpcSecurityGroupIds")} for kind in INSTANCES},
    LAUNCH_CONFIGURATION: {**_STARTED, **_whole("securityGroups")},
    LAUNCH_TEMPLATE: {
        **_METADATA,
        **_whole("blockDeviceMappings", "iamInstanceProfile", "keyName", "networkInterfaces", "securityGroupNames", "userData"),
        **_whole("vpcSecurityGroupIds"),
    },
    INTERFACE: {
        **_IPV6,
        **_whole("ipv6AddressLists", "ipv6PrefixCount", "ipv6Prefixes", "securityGroups", "subnetId"),
        "attachments": ("instance",),
    },
    EIP: _whole("instance", "networkInterface"),
    **dict.fromkeys(SUBNETS, _whole("assignIpv6AddressOnCreation", "ipv6Native", "mapPublicIpOnLaunch")),
    **dict.fromkeys(TABLES, _whole("propagatingVgws", "routes")),
    **dict.fromkeys(SECURITY_GROUPS, _whole("ingress")),
    **dict.fromkeys(VPCS, _whole("enableDnsHostnames", "enableDnsSupport")),
    VPC_ENDPOINT: _whole("policy", "privateDnsEnabled"),
    PREFIX_LIST: {"entries": ("cidr",)},
    FLOW_LOG: _whole("trafficType"),
    DHCP_OPTIONS: _whole("domainNameServers"),
    DNS_CONFIG: _whole("firewallFailOpen"),
    DNS_LIST: _whole("domains"),
    DNS_RULE: _whole("action", "priority"),
    PROFILE: _whole("role"),
    ROLE: _whole("assumeRolePolicy", "inlinePolicies", "managedPolicyArns"),
    ROLE_POLICY: _whole("policy"),
    POLICY: _whole("policy"),
    SPOKE_GATEWAY: _whole("enableEncryptVolume", "enableIpv6", "singleIpSnat"),
    DEFAULT_ACTION: _whole("action", "logging"),
    FIREWALLING_CONFIG: _whole("enableDistributedFirewalling"),
    CONFIG_FEATURE: _whole("isEnabled"),
    TLS_PROFILE: _whole("certificateValidation", "verifySni"),
    SMART_GROUP: _whole("selector"),
    WEB_GROUP: _whole("selector"),
}
"""Type -> property -> fields."""
