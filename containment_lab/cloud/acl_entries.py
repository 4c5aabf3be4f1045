"""Network ACL entries with ICMP type and code, which AWS returns and moto drops.

Type and code are part of an entry: without them a refresh reads an entry that the program did not declare, and plans to write it again.
Source: EC2 API Reference, `CreateNetworkAclEntry`, `IcmpTypeCode`.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.ec2.responses import EC2Response

CALLS = ("create_network_acl_entry", "replace_network_acl_entry")


def repair() -> None:
    """Keep the ICMP type and code of entries in this process."""
    for name in CALLS:
        setattr(EC2Response, name, _add_icmp(getattr(EC2Response, name)))


def _add_icmp(original: Any) -> Any:
    @functools.wraps(original)
    def answer(request: Any) -> Any:
        done = original(request)
        acl = request.ec2_backend.network_acls[request._get_param("NetworkAclId")]  # noqa: SLF001
        number, egress = int(request._get_param("RuleNumber")), _is_true(request._get_param("Egress"))  # noqa: SLF001
        for entry in acl.network_acl_entries:
            if int(entry.rule_number) == number and _is_true(entry.egress) is egress:
                entry.icmp_type, entry.icmp_code = (_parse_number(request, key) for key in ("Type", "Code"))
        return done

    return answer


def _parse_number(request: Any, key: str) -> int | None:
    value = request._get_param(f"IcmpTypeCode.{key}")  # noqa: SLF001
    return None if value is None else int(value)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
