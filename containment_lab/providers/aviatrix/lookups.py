"""The provider's functions: objects that are read from the Controller, not created."""

from __future__ import annotations

from containment_lab.providers.aviatrix.client import get_session
from containment_lab.providers.aviatrix.resource import PACKAGE
from containment_lab.providers.base import Invoke
from containment_lab.providers.handler import Call, Props, RefusedError


def get_attachment_point(call: Call, args: Props) -> Props:
    """Return an attachment point by name; one that no group has created yet has its id already."""
    found = get_session(call.config).call_rest("GET", "microseg/attachment-points", name=args["name"])
    if not found:
        raise RefusedError(f"there is no attachment point {args['name']} on the Controller (the real provider crashes here)")
    return {"id": found[0]["attachment_point_id"], "name": args["name"], "attachmentPointId": found[0]["attachment_point_id"]}


def get_tls_profile(call: Call, args: Props) -> Props:
    """Return a TLS profile by its display name."""
    for each in get_session(call.config).call_rest("GET", "dcf/tls-profile")["profiles"]:
        if each["display_name"] == args["displayName"]:
            own = {"displayName": each["display_name"], "certificateValidation": each["certificate_validation"]}
            return {"id": each["uuid"], "uuid": each["uuid"], "verifySni": each["verify_sni"], **own}
    raise RefusedError(f"DCF TLS Profile with display_name '{args['displayName']}' not found")


def get_account(call: Call, args: Props) -> Props:
    """Return an access account by name."""
    for each in get_session(call.config).call_get("list_accounts")["account_list"]:
        if each["account_name"] == args["accountName"]:
            own = {"awsRoleArn": each.get("aws_role_arn", ""), "awsRoleEc2": each.get("aws_role_ec2", "")}
            number = str(each.get("account_number", ""))
            return {
                "id": each["account_name"],
                "accountName": each["account_name"],
                "cloudType": each["cloud_type"],
                "awsAccountNumber": number,
                **own,
            }
    raise RefusedError(f"there is no access account {args['accountName']} on the Controller")


INVOKES: dict[str, Invoke] = {
    f"{PACKAGE}getDcfAttachmentPoint:getDcfAttachmentPoint": get_attachment_point,
    f"{PACKAGE}getDcfTlsProfile:getDcfTlsProfile": get_tls_profile,
    f"{PACKAGE}getAccount:getAccount": get_account,
}
