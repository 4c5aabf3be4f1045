"""The look-ups (`aws.get_...`) that the lab answers from its own cloud. Others are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from containment_lab.cloud.clients import REGION, get_client_at
from containment_lab.providers.aws.compute.launch import describe_images
from containment_lab.providers.aws.networks.routing import extract_routes
from containment_lab.providers.aws.policy_document import render_policy_document
from containment_lab.providers.aws.resource import ACCOUNT, decode_tags, is_not_found
from containment_lab.providers.aws.shapes import convert_from_aws
from containment_lab.providers.handler import Call, Props, RefusedError, UnservedError

Ask = Callable[[str, str, Props], Props]
Answer = Callable[[Ask, str, Props], Props]


_WHY = "it has the resources of this lab's stacks, and none of your account"


def _build_filters(args: Props, **more: Any) -> list[Props]:
    """Return the filters of a look-up: the plain arguments under AWS's names, tags, and the given filters."""
    out: list[Props] = [
        {"Name": name.replace("_", "-"), "Values": [_format_value(value)]} for name, value in more.items() if value is not None
    ]
    out += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    return out + [{"Name": each["name"], "Values": list(each["values"])} for each in args.get("filters") or ()]


def _format_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _require_one(what: str, found: list[Props], args: Props) -> Props:
    if len(found) != 1:
        asked = {key: value for key, value in args.items() if value}
        raise RefusedError(f"{what}: {len(found)} match {asked}; the look-up needs exactly one")
    return found[0]


def get_caller_identity(ask: Ask, region: str, args: Props) -> Props:  # noqa: ARG001
    """Return the identity of the lab's credentials."""
    who = ask("sts", "get_caller_identity", {})
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def get_region(ask: Ask, region: str, args: Props) -> Props:  # noqa: ARG001
    """Return the given region, or the one in force."""
    name = args.get("region") or args.get("name") or region
    return {"name": name, "region": name, "id": name, "endpoint": f"ec2.{name}.amazonaws.com", "description": name}


def get_partition(ask: Ask, region: str, args: Props) -> Props:  # noqa: ARG001
    """Return the commercial partition, for every region."""
    part = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}
    name, suffix = next((value for prefix, value in part.items() if region.startswith(prefix)), ("aws", "amazonaws.com"))
    return {"partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": ".".join(reversed(suffix.split("."))), "id": name}


def get_availability_zones(ask: Ask, region: str, args: Props) -> Props:
    """Return the region's zones."""
    zones = ask("ec2", "describe_availability_zones", {"Filters": _build_filters(args, state=args.get("state"))})["AvailabilityZones"]
    drop = {*(args.get("excludeNames") or ()), *(args.get("excludeZoneIds") or ())}
    zones = [each for each in zones if not drop & {each["ZoneName"], each["ZoneId"]}]
    names, ids = [each["ZoneName"] for each in zones], [each["ZoneId"] for each in zones]
    return {**args, "names": names, "zoneIds": ids, "groupNames": sorted({region}), "id": region}


_IMAGE = (
    "Architecture CreationDate Description Hypervisor ImageId ImageLocation ImageType Name OwnerId Public RootDeviceName RootDeviceType "
    "State VirtualizationType EnaSupport ImdsSupport BootMode"
)


def get_ami(ask: Ask, region: str, args: Props) -> Props:
    """Return one image: the newest match if `mostRecent` is set."""
    wanted: Props = {"Filters": _build_filters(args)}
    if args.get("owners"):
        wanted["Owners"] = args["owners"]
    images = ask("ec2", "describe_images", wanted)["Images"]
    if pattern := args.get("nameRegex"):
        images = [each for each in images if re.search(pattern, each.get("Name", ""))]
    if not images:
        asked = {key: value for key, value in args.items() if value}
        raise RefusedError(f"getAmi: your query returned no results: {asked} matches no image of the lab's cloud. {describe_images()}")
    images = sorted(images, key=lambda each: each.get("CreationDate", ""))
    image = images[-1] if images and args.get("mostRecent") else _require_one("getAmi", images, args)
    arn = f"arn:aws:ec2:{region}::image/{image['ImageId']}"
    out = {**args, **convert_from_aws({key: image[key] for key in _IMAGE.split() if image.get(key) is not None})}
    return {
        **out,
        "arn": arn,
        "id": image["ImageId"],
        "tags": decode_tags(image.get("Tags")),
        "blockDeviceMappings": [],
        "productCodes": [],
    }


def get_parameter(ask: Ask, region: str, args: Props) -> Props:  # noqa: ARG001
    """Return one SSM parameter."""
    found = ask("ssm", "get_parameter", {"Name": args["name"], "WithDecryption": args.get("withDecryption", True)})["Parameter"]
    value = {"value": found["Value"], "insecureValue": found["Value"] if found["Type"] != "SecureString" else ""}
    return {**args, **value, "arn": found["ARN"], "type": found["Type"], "version": found["Version"], "id": found["Name"]}


def get_vpc(ask: Ask, region: str, args: Props) -> Props:
    """Return one VPC."""
    plain = {"cidr": args.get("cidrBlock"), "is_default": args.get("default"), "dhcp_options_id": args.get("dhcpOptionsId")}
    wanted: Props = {"Filters": _build_filters(args, vpc_id=args.get("id"), state=args.get("state"), **plain)}
    one = _require_one("getVpc", ask("ec2", "describe_vpcs", wanted)["Vpcs"], args)
    ident = one["VpcId"]
    main = [{"Name": "vpc-id", "Values": [ident]}, {"Name": "association.main", "Values": ["true"]}]
    tables = ask("ec2", "describe_route_tables", {"Filters": main})["RouteTables"]
    flags = {
        key: ask("ec2", "describe_vpc_attribute", {"VpcId": ident, "Attribute": key})[key[:1].upper() + key[1:]]["Value"]
        for key in ("enableDnsSupport", "enableDnsHostnames")
    }
    blocks = [
        {"associationId": each["AssociationId"], "cidrBlock": each["CidrBlock"], "state": each["CidrBlockState"]["State"]}
        for each in one.get("CidrBlockAssociationSet", ())
    ]
    return {**args, **flags, "arn": f"arn:aws:ec2:{region}:{ACCOUNT}:vpc/{ident}", "id": ident, "cidrBlock": one["CidrBlock"]} | {
        "cidrBlockAssociations": blocks,
        "default": one["IsDefault"],
        "dhcpOptionsId": one.get("DhcpOptionsId"),
        "instanceTenancy": one["InstanceTenancy"],
        "mainRouteTableId": tables[0]["RouteTableId"] if tables else "",
        "ownerId": ACCOUNT,
        "state": one["State"],
        "tags": decode_tags(one.get("Tags")),
    }


def _find_subnets(ask: Ask, args: Props) -> list[Props]:
    plain = {
        "subnet_id": args.get("id"),
        "vpc_id": args.get("vpcId"),
        "cidr": args.get("cidrBlock"),
        "default_for_az": args.get("defaultForAz"),
    }
    wanted = _build_filters(args, availability_zone=args.get("availabilityZone"), state=args.get("state"), **plain)
    return list(ask("ec2", "describe_subnets", {"Filters": wanted})["Subnets"])


def get_subnet(ask: Ask, region: str, args: Props) -> Props:
    """Return one subnet."""
    one = _require_one("getSubnet", _find_subnets(ask, args), args)
    keys = "AvailabilityZone AvailabilityZoneId AvailableIpAddressCount CidrBlock DefaultForAz MapPublicIpOnLaunch VpcId State"
    shown = convert_from_aws({key: one[key] for key in keys.split()})
    arn = f"arn:aws:ec2:{region}:{ACCOUNT}:subnet/{one['SubnetId']}"
    return {**args, **shown, "arn": arn, "id": one["SubnetId"], "ownerId": ACCOUNT, "tags": decode_tags(one.get("Tags"))}


def get_subnets(ask: Ask, region: str, args: Props) -> Props:
    """Return the ids of the matching subnets."""
    return {**args, "ids": [each["SubnetId"] for each in _find_subnets(ask, args)], "id": region}


def get_route_table(ask: Ask, region: str, args: Props) -> Props:
    """Return one route table."""
    plain = {"route_table_id": args.get("routeTableId"), "vpc_id": args.get("vpcId")}
    wanted = _build_filters(args, **plain)
    if args.get("subnetId"):
        wanted.append({"Name": "association.subnet-id", "Values": [args["subnetId"]]})
    one = _require_one("getRouteTable", ask("ec2", "describe_route_tables", {"Filters": wanted})["RouteTables"], args)
    routes = [{{"destinationCidrBlock": "cidrBlock"}.get(key, key): value for key, value in each.items()} for each in extract_routes(one)]
    ident = one["RouteTableId"]
    associations = [
        {
            "main": each["Main"],
            "routeTableAssociationId": each["RouteTableAssociationId"],
            "routeTableId": ident,
            "subnetId": each.get("SubnetId", ""),
        }
        for each in one["Associations"]
    ]
    out = {**args, "arn": f"arn:aws:ec2:{region}:{ACCOUNT}:route-table/{ident}", "id": ident, "routeTableId": ident, "routes": routes}
    return {**out, "associations": associations, "vpcId": one["VpcId"], "ownerId": ACCOUNT, "tags": decode_tags(one.get("Tags"))}


def get_security_group(ask: Ask, region: str, args: Props) -> Props:
    """Return one security group."""
    wanted = _build_filters(args, group_id=args.get("id"), group_name=args.get("name"), vpc_id=args.get("vpcId"))
    one = _require_one("getSecurityGroup", ask("ec2", "describe_security_groups", {"Filters": wanted})["SecurityGroups"], args)
    ident = one["GroupId"]
    out = {**args, "arn": f"arn:aws:ec2:{region}:{ACCOUNT}:security-group/{ident}", "id": ident, "name": one["GroupName"]}
    return {**out, "description": one["Description"], "vpcId": one["VpcId"], "tags": decode_tags(one.get("Tags"))}


def _prefix_lists(ask: Ask, args: Props, ident: str | None) -> Props:
    lists = ask("ec2", "describe_managed_prefix_lists", {"Filters": _build_filters(args)})["PrefixLists"]
    wanted = {"PrefixListId": ident, "PrefixListName": args.get("name")}
    lists = [each for each in lists if all(value is None or each[key] == value for key, value in wanted.items())]
    one = _require_one("getPrefixList", lists, args)
    entries = ask("ec2", "get_managed_prefix_list_entries", {"PrefixListId": one["PrefixListId"]})["Entries"]
    return {**one, "Entries": entries}


def get_prefix_list(ask: Ask, region: str, args: Props) -> Props:  # noqa: ARG001
    """Return one prefix list's ranges; AWS's own lists are included."""
    one = _prefix_lists(ask, args, args.get("prefixListId"))
    return {**args, "id": one["PrefixListId"], "name": one["PrefixListName"], "cidrBlocks": [each["Cidr"] for each in one["Entries"]]}


def get_managed_prefix_list(ask: Ask, region: str, args: Props) -> Props:
    """Return one prefix list with all its properties."""
    one = _prefix_lists(ask, args, args.get("id"))
    ident = one["PrefixListId"]
    shown = {
        "addressFamily": one["AddressFamily"],
        "maxEntries": one.get("MaxEntries", 0),
        "ownerId": one["OwnerId"],
        "version": one.get("Version", 0),
    }
    entries = [{"cidr": each["Cidr"], "description": each.get("Description", "")} for each in one["Entries"]]
    arn = f"arn:aws:ec2:{region}:{one['OwnerId']}:prefix-list/{ident}"
    return {
        **args,
        **shown,
        "arn": arn,
        "id": ident,
        "name": one["PrefixListName"],
        "entries": entries,
        "tags": decode_tags(one.get("Tags")),
    }


INVOKES: Mapping[str, Answer] = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:ec2/getAmi:getAmi": get_ami,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": get_managed_prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": get_prefix_list,
    "aws:ec2/getRouteTable:getRouteTable": get_route_table,
    "aws:ec2/getSecurityGroup:getSecurityGroup": get_security_group,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:iam/getPolicyDocument:getPolicyDocument": lambda _ask, _region, args: render_policy_document(args),
    "aws:ssm/getParameter:getParameter": get_parameter,
}


def serve_invokes(endpoint: str) -> dict[str, Callable[[Call, Props], Props]]:
    """Return all look-ups in the form that `base` takes."""
    return {token: partial(_answer_invoke, endpoint, token, answer) for token, answer in INVOKES.items()}


def _answer_invoke(endpoint: str, token: str, answer: Answer, call: Call, args: Props) -> Props:
    region = str(args.get("region") or call.config.get("region") or REGION)

    def ask(service: str, method: str, wanted: Props) -> Props:
        found: Props = getattr(get_client_at(endpoint, service, region), method)(**wanted)
        return found

    try:
        out = answer(ask, region, args)
    except ClientError as error:
        if is_not_found(error):
            fix = "look up what the stack creates, or use AWS"
            raise UnservedError(f"{token}: the lab's cloud has nothing under {args}: {error}", why=_WHY, fix=fix) from error
        raise
    return {**out, "region": region} if "region" not in out else out
