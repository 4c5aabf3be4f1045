"""Keys of the VPC, its endpoints, logs and the gateway."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator

from containment.config.destination_entry import ResolverNames
from containment.config.keys.key import NAMES_OR_ENTRIES, Keys, declare_key
from containment.config.pulumi_format.unquoted_values import Flag
from containment.config.values import (
    Network,
    check_retention,
    check_vpc_network,
    make_instance_type_fix,
    make_name_fix,
    make_text_validator,
)


class NetworkKeys(Keys):
    """The agent's network, and its gateway."""

    vpc_cidr: Annotated[Network, AfterValidator(check_vpc_network)] = declare_key(
        IPv4Network("10.42.0.0/16"),
        "The VPC's network; each stack has its own.",
        "two stacks on one network cannot be distinguished by address",
        "a /16 to /24",
    )
    availability_zone_count: int = declare_key(
        1,
        "Number of availability zones (1 to 3); one private agent subnet is created per zone.",
        "a host can run in each of them",
        "1, 2 or 3",
        ge=1,
        le=3,
    )
    private_subnet_newbits: int = declare_key(
        8, "Bits added to the VPC's prefix for each subnet.", "subnets 0, 10.. and 20.. must exist", "5 or more", ge=5, le=12
    )
    program_private_default_route: Flag = declare_key(
        False,
        "Let the Controller program the private default route as its own feature; must stay false with SNAT.",
        "with single-IP SNAT the Controller refuses it (AVXERR-TRANSIT-EDIT-0056)",
        "leave false",
    )
    create_ssm_vpc_endpoints: Flag = declare_key(
        True,
        "Interface endpoints for ssm, ssmmessages, ec2messages, logs, sts, ec2, ecr.api and ecr.dkr.",
        "without them AWS APIs are reached over the internet, in any account",
        "leave true",
    )
    create_s3_gateway_endpoint: Flag = declare_key(
        True, "S3 gateway endpoint for the agent subnets.", "S3 stays off the internet", "leave true"
    )
    enable_endpoint_policies: Flag = declare_key(
        True,
        "Endpoint policies that demand this account (or organizationId) of callers and of what they touch.",
        "without them an endpoint is an exit to any AWS account",
        "leave true",
    )
    organization_id: Annotated[str, make_text_validator(r"(o-[a-z0-9]{10,32})?", "an AWS organization such as o-a1b2c3d4e5")] = declare_key(
        "",
        "AWS organization that endpoint policies demand; empty: this account alone.",
        "a wrong one opens the endpoints to another organization, or to no account",
        "leave empty, or set your organization's id",
    )
    enable_network_acls: Flag = declare_key(
        True,
        "Network ACLs that leave the agent subnets only DNS, the endpoints and the route through the gateway.",
        "same-VPC traffic never meets DCF",
        "leave true",
    )
    enable_dns_firewall: Flag = declare_key(
        True,
        "Resolver DNS Firewall: only permitted names are answered; alerts in monitor, blocks in enforce.",
        "the VPC resolver forwards any name, and data can leave in names",
        "leave true",
    )
    enable_dns_query_logs: Flag = declare_key(
        True, "Resolver query logs to CloudWatch.", "lookups are the only trace of data that leaves in names", "leave true"
    )
    internal_dns_domains: ResolverNames = declare_key(
        (),
        "Names beyond the permitted ones that the resolver may answer, such as those of internal APIs.",
        "data can leave in each of them if a third party runs its name servers",
        "list entries {name, owner, reason, function, until}; a name is exact, or a leading *. before a domain that you own",
        items=NAMES_OR_ENTRIES,
    )
    enable_vpc_flow_logs: Flag = declare_key(True, "VPC flow logs to CloudWatch.", "same-VPC traffic is seen nowhere else", "leave true")
    flow_log_retention_days: Annotated[int, AfterValidator(check_retention)] = declare_key(
        365, "Days CloudWatch keeps the flow logs.", "an incident is read from them", "set 365, or another retention that CloudWatch has"
    )
    controller_sync_wait: Annotated[str, make_text_validator(r"0s?", "0s", lambda _: "0s")] = declare_key(
        "0s",
        "Kept from the Aviatrix blueprint's Terraform; only 0s. The source group contains the agent subnets, so no wait is needed.",
        "a sleep hides, and does not close, the time until the host is in the Controller's inventory",
        "remove the key",
    )
    spoke_gateway_size: Annotated[
        str,
        make_text_validator(
            r"[a-z0-9-]+\.(?!nano$|micro$)[a-z0-9-]+", "an instance type of size small or more", make_instance_type_fix("t3.medium")
        ),
    ] = declare_key(
        "t3.medium",
        "Instance type of the gateway (DCF needs t3.small or more).",
        "too small a gateway does not run DCF",
        "t3.medium",
    )
    spoke_gateway_name: Annotated[
        str, make_text_validator(r"([a-z][a-z0-9-]{0,49})?", "at most 50 lower-case letters, digits and dashes", make_name_fix(1, 50))
    ] = declare_key("", "Name of the gateway; empty: <namePrefix>-<stack>.", "names are unique on a Controller", "leave empty")
    single_ip_snat: Flag = declare_key(True, "Source NAT on the gateway.", "WebGroup rules need it (Aviatrix documentation)", "leave true")
    enable_gateway_volume_encryption: Flag = declare_key(
        True, "Encrypt the gateway's volume.", "it contains the policy and its logs", "leave true"
    )
    ha_gateway: Flag = declare_key(
        False,
        "A second gateway in another subnet, which takes over when the first fails.",
        "one gateway is one point of failure",
        "true or false",
    )
    enable_tls_decryption_design: Flag = declare_key(
        False,
        "Kept from the Aviatrix blueprint's Terraform; decryption is selected with tlsDecryptionUrls.",
        "a flag alone does not select what is decrypted",
        "leave false, and list the URLs in tlsDecryptionUrls",
    )
