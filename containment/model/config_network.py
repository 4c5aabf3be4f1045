"""Keys of the VPC, its endpoints, logs and the gateway."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator

from containment.model.keys import Keys, key
from containment.model.unquoted import Flag
from containment.model.values import Network, ResolverDomains, matching, retention, vpc_sized


class NetworkKeys(Keys):
    """Where an agent stands, and the gateway it leaves by."""

    vpc_cidr: Annotated[Network, AfterValidator(vpc_sized)] = key(
        IPv4Network("10.42.0.0/16"),
        "The VPC's network; each stack has its own.",
        "two stacks on one network cannot be told apart",
        "a /16 to /24",
    )
    availability_zone_count: int = key(
        1, "Private agent subnets, one a zone (1 to 3).", "each is a place a host may stand", "1, 2 or 3", ge=1, le=3
    )
    private_subnet_newbits: int = key(
        8, "Bits added to the VPC's prefix for each subnet.", "subnets 0, 10.. and 20.. must exist", "5 or more", ge=5, le=12
    )
    program_private_default_route: Flag = key(
        False,
        "Let the Controller program the private default route as its own feature; must stay false with SNAT.",
        "with single-IP SNAT the Controller refuses it (AVXERR-TRANSIT-EDIT-0056)",
        "leave false",
    )
    create_ssm_vpc_endpoints: Flag = key(
        True,
        "Interface endpoints for ssm, ssmmessages, ec2messages, logs, sts, ec2, ecr.api and ecr.dkr.",
        "without them AWS APIs are reached over the internet, in any account",
        "leave true",
    )
    create_s3_gateway_endpoint: Flag = key(True, "S3 gateway endpoint for the agent subnets.", "S3 stays off the internet", "leave true")
    enable_endpoint_policies: Flag = key(
        True,
        "Endpoint policies that demand this account (or organizationId) of callers and of what they touch.",
        "without them an endpoint is an exit to anybody's AWS account",
        "leave true",
    )
    organization_id: Annotated[str, matching(r"(o-[a-z0-9]{10,32})?", "an AWS organisation such as o-a1b2c3d4e5")] = key(
        "",
        "AWS organisation that endpoint policies demand; empty: this account alone.",
        "a wrong one opens the endpoints to another organisation, or to nobody",
        "leave empty, or set your organisation's id",
    )
    enable_network_acls: Flag = key(
        True,
        "Network ACLs that leave the agent subnets only DNS, the endpoints and the gateway's way out.",
        "same-VPC traffic never meets DCF",
        "leave true",
    )
    enable_dns_firewall: Flag = key(
        True,
        "Resolver DNS Firewall: only permitted names are answered; alerts in monitor, blocks in enforce.",
        "the VPC resolver forwards any name, and data can leave in names",
        "leave true",
    )
    enable_dns_query_logs: Flag = key(
        True, "Resolver query logs to CloudWatch.", "lookups are the only trace of data that leaves in names", "leave true"
    )
    internal_dns_domains: ResolverDomains = key(
        (),
        "Names beyond the permitted ones that the resolver may answer, such as those of internal APIs.",
        "each is a way for data to leave in names, if its name servers are a stranger's",
        "list exact names, or a leading *. before a domain of your own",
    )
    enable_vpc_flow_logs: Flag = key(True, "VPC flow logs to CloudWatch.", "same-VPC traffic is seen nowhere else", "leave true")
    flow_log_retention_days: Annotated[int, AfterValidator(retention)] = key(
        365, "Days CloudWatch keeps the flow logs.", "an incident is read from them", "set 365, or another retention CloudWatch has"
    )
    controller_sync_wait: Annotated[str, matching(r"0s?", "0s")] = key(
        "0s",
        "Kept from the published reference; only 0s. The source group holds the agent subnets, so no wait is needed.",
        "a sleep hides, and does not close, the time before the Controller's inventory knows the host",
        "remove the key",
    )
    spoke_gateway_size: Annotated[str, matching(r"[a-z0-9-]+\.(?!nano$|micro$)[a-z0-9-]+", "an instance type of size small or more")] = key(
        "t3.medium",
        "Instance type of the gateway (DCF needs t3.small or more).",
        "too small a gateway does not run DCF",
        "t3.medium",
    )
    spoke_gateway_name: Annotated[str, matching(r"([a-z][a-z0-9-]{0,49})?", "at most 50 lower-case letters, digits and dashes")] = key(
        "", "Name of the gateway; empty: <namePrefix>-<stack>.", "names are unique on a Controller", "leave empty"
    )
    single_ip_snat: Flag = key(True, "Source NAT on the gateway.", "WebGroup rules need it (Aviatrix documentation)", "leave true")
    enable_gateway_volume_encryption: Flag = key(True, "Encrypt the gateway's volume.", "it holds the policy and its logs", "leave true")
    ha_gateway: Flag = key(
        False,
        "A second gateway in another subnet, which takes over when the first fails.",
        "one gateway is one point of failure",
        "true or false",
    )
    enable_tls_decryption_design: Flag = key(
        False,
        "Kept from the published reference; decryption is asked for with tlsDecryptionUrls.",
        "a flag alone says nothing about what is decrypted",
        "leave false, and list the URLs in tlsDecryptionUrls",
    )
