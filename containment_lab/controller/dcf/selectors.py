"""Validation of SmartGroup and WebGroup selectors, as the Controller documents them.

A selector is `{"any": [{"all": {field: value}}]}`: expressions are OR-ed, the fields inside one AND-ed. The Terraform
provider checks none of this at plan time. Sources: docs.aviatrix.com (smartgroups-create, webgroups-create) and the
provider's resource pages.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from containment_lab.controller.errors import BAD_FIELD, BAD_VALUE, RefusedError

ALONE = ("cidr", "fqdn", "site")
"""Fields that must be the only one of their expression."""
TYPES = ("vm", "vpc", "subnet", "k8s", "k8s_node", "serverless")
PROPERTIES = ("res_id", "account_id", "account_name", "name", "region", "zone")
K8S = ("k8s_cluster_id", "k8s_namespace", "k8s_service", "k8s_pod")
WEB = ("snifilter", "urlfilter")

_ANYWHERE = re.compile(r"[-A-Za-z0-9._*]+")
_LEADING_ONLY = re.compile(r"\*|\*\.[-A-Za-z0-9_.]+|[-A-Za-z0-9_.]+")
_URL = re.compile(r"(https?://)?[-A-Za-z0-9._*]+(:\d+)?/\S*")


def is_web(selector: dict[str, Any]) -> bool:
    """Return whether a valid selector is a WebGroup's."""
    return any(key in WEB for each in selector["any"] for key in each["all"])


def check(selector: Any, release: tuple[int, int, int]) -> None:
    """Refuse a selector that the Controller would not accept.

    Args:
        selector: The selector as sent.
        release: The Controller's release.

    Raises:
        RefusedError: The selector is invalid; the text has the number of the expression (from 1) and the reason.
    """
    expressions = selector.get("any") if isinstance(selector, dict) else None
    if not isinstance(expressions, list) or not expressions:
        raise RefusedError(f"[{BAD_FIELD}] selector must contain at least one expression under 'any'.")
    kinds = set()
    for number, each in enumerate(expressions, 1):
        fields = each.get("all") if isinstance(each, dict) else None
        if not isinstance(fields, dict) or not fields:
            raise RefusedError(f"[{BAD_FIELD}] expression {number} is empty.")
        if not all(isinstance(value, str) and value.strip() for value in fields.values()):
            raise RefusedError(f"[{BAD_VALUE}] expression {number}: every value must be text that is not blank: {fields}.")
        kinds.add(
            _check_web_expression(number, fields, release) if any(key in WEB for key in fields) else _check_smart_expression(number, fields)
        )
    if len(kinds) > 1:
        raise RefusedError(f"[{BAD_FIELD}] expressions of one group must be of one kind, not {' and '.join(sorted(kinds))}.")


def _check_web_expression(number: int, fields: dict[str, str], release: tuple[int, int, int]) -> str:
    if len(fields) != 1:
        raise RefusedError(f"[{BAD_FIELD}] expression {number}: snifilter or urlfilter must be the only field, got {sorted(fields)}.")
    ((kind, value),) = fields.items()
    if kind == "urlfilter":
        if not _URL.fullmatch(value):
            raise RefusedError(f"[{BAD_VALUE}] expression {number}: urlfilter must be host/path, got {value!r}.")
        return kind
    legal = _ANYWHERE if release >= (8, 1, 0) else _LEADING_ONLY
    if not legal.fullmatch(value):
        raise RefusedError(f"[{BAD_VALUE}] expression {number}: illegal character or wildcard in snifilter {value!r}.")
    if "**" in value:
        raise RefusedError(f"[{BAD_VALUE}] expression {number}: consecutive wildcards in snifilter {value!r}.")
    return kind


def _check_smart_expression(number: int, fields: dict[str, str]) -> str:
    alone = [key for key in ALONE if key in fields]
    if alone:
        if len(fields) > 1:
            raise RefusedError(f"[{BAD_FIELD}] expression {number}: {alone[0]} cannot be combined with other fields, got {sorted(fields)}.")
        if alone == ["cidr"]:
            _check_cidr(number, fields["cidr"])
        return "resources"
    if "external" in fields or "s2c" in fields:
        return "resources"  # the other fields depend on the external source
    unknown = [key for key in fields if key not in ("type", *PROPERTIES, *K8S) and not key.startswith(("tags.", "namespacetags."))]
    if unknown:
        raise RefusedError(f"[{BAD_FIELD}] expression {number}: unknown field {unknown[0]}.")
    if "type" not in fields:
        raise RefusedError(f"[{BAD_FIELD}] expression {number}: type is required with {sorted(fields)}.")
    kind = fields["type"]
    if kind not in TYPES:
        raise RefusedError(f"[{BAD_VALUE}] expression {number}: type {kind!r} is none of {', '.join(TYPES)}.")
    kubernetes = [key for key in fields if key in K8S or key.startswith("namespacetags.")]
    if kubernetes and kind != "k8s":
        raise RefusedError(f"[{BAD_FIELD}] expression {number}: {kubernetes[0]} needs type k8s, not {kind}.")
    if "k8s_pod" in fields and ("k8s_service" in fields or not {"k8s_cluster_id", "k8s_namespace"} <= set(fields)):
        raise RefusedError(f"[{BAD_FIELD}] expression {number}: k8s_pod needs k8s_cluster_id and k8s_namespace and excludes k8s_service.")
    return "resources"


def _check_cidr(number: int, value: str) -> None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise RefusedError(f"[{BAD_VALUE}] expression {number}: {error}.") from None
