"""Properties whose deployed value is judged too, as data: by type, with the fields of a block that a rule reads.

A property that a program leaves unset often has a value: a default of the provider, or one set in the console or by another program.
A refresh writes it to the outputs only. For properties that are not listed only the inputs are judged, for these reasons:

- `networkInterfaces` and `primaryNetworkInterface` of an instance list the interface that it was created with;
- `securityGroups` of an instance repeats `vpcSecurityGroupIds` by name;
- `launchTemplate` of an instance is judged as the program sets it, and its results are in the other outputs;
- `tags` are read from `tagsAll` already;
- DCF rules are judged by their outputs in the rules about them (`Graph.as_answered`), in complete agent environments only: elsewhere
  a default of the Controller is not a setting of the program.
"""

from __future__ import annotations

from typing import Final

from policypack.graph import known_types as kt

Fields = tuple[str, ...]
"""The fields of a block that a rule reads; empty if it reads the whole value."""

_WHOLE: Final[Fields] = ()
_METADATA: Final[dict[str, Fields]] = {"metadataOptions": ("httpEndpoint", "httpTokens", "httpPutResponseHopLimit")}
_DISKS: Final[dict[str, Fields]] = {"rootBlockDevice": ("encrypted",), "ebsBlockDevices": ("encrypted",)}


def _read_whole(*keys: str) -> dict[str, Fields]:
    return dict.fromkeys(keys, _WHOLE)


_STARTED: Final = {
    **_METADATA,
    **_DISKS,
    **_read_whole("associatePublicIpAddress", "iamInstanceProfile", "keyName", "userData", "userDataBase64"),
}
_IPV6: Final = _read_whole("ipv6AddressCount", "ipv6Addresses")

JUDGED: Final[dict[str, dict[str, Fields]]] = {
    **{kind: {**_STARTED, **_IPV6, **_read_whole("enablePrimaryIpv6", "subnetId", "vpcSecurityGroupIds")} for kind in kt.INSTANCES},
    kt.LAUNCH_CONFIGURATION: {**_STARTED, **_read_whole("securityGroups")},
    kt.LAUNCH_TEMPLATE: {
        **_METADATA,
        **_read_whole("blockDeviceMappings", "iamInstanceProfile", "keyName", "networkInterfaces", "securityGroupNames", "userData"),
        **_read_whole("vpcSecurityGroupIds"),
    },
    kt.INTERFACE: {
        **_IPV6,
        **_read_whole("ipv6AddressLists", "ipv6PrefixCount", "ipv6Prefixes", "securityGroups", "subnetId"),
        "attachments": ("instance",),
    },
    kt.EIP: _read_whole("instance", "networkInterface"),
    **dict.fromkeys(kt.SUBNETS, _read_whole("assignIpv6AddressOnCreation", "ipv6Native", "mapPublicIpOnLaunch")),
    **dict.fromkeys(kt.TABLES, _read_whole("propagatingVgws", "routes")),
    **dict.fromkeys(kt.SECURITY_GROUPS, _read_whole("ingress")),
    **dict.fromkeys(kt.VPCS, _read_whole("enableDnsHostnames", "enableDnsSupport")),
    kt.VPC_ENDPOINT: _read_whole("policy", "privateDnsEnabled"),
    kt.PREFIX_LIST: {"entries": ("cidr",)},
    kt.FLOW_LOG: _read_whole("trafficType"),
    kt.DHCP_OPTIONS: _read_whole("domainNameServers"),
    kt.DNS_CONFIG: _read_whole("firewallFailOpen"),
    kt.DNS_LIST: _read_whole("domains"),
    kt.DNS_RULE: _read_whole("action", "priority"),
    kt.PROFILE: _read_whole("role"),
    kt.ROLE: _read_whole("assumeRolePolicy", "inlinePolicies", "managedPolicyArns"),
    kt.ROLE_POLICY: _read_whole("policy"),
    kt.POLICY: _read_whole("policy"),
    kt.SPOKE_GATEWAY: _read_whole("enableEncryptVolume", "enableIpv6", "singleIpSnat"),
    kt.DEFAULT_ACTION: _read_whole("action", "logging"),
    kt.FIREWALLING_CONFIG: _read_whole("enableDistributedFirewalling"),
    kt.CONFIG_FEATURE: _read_whole("isEnabled"),
    kt.TLS_PROFILE: _read_whole("certificateValidation", "verifySni"),
    kt.SMART_GROUP: _read_whole("selector"),
    kt.WEB_GROUP: _read_whole("selector"),
}
"""Type -> property -> fields that rules read."""
