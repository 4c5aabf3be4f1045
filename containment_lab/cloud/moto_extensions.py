"""AWS calls that moto lacks, added to its own dispatch: moto parses the request and writes the answer from AWS's API model.

A call is a function that takes moto's response object (`_get_param`, `region`, `current_account`) and returns the answer as a dict with the
API's field names; its name is the call's name in snake case. Its state is in the same module, by account and region, and ends with the
process. Small calls of EC2 and CloudWatch Logs are here; DNS Firewall, the rest of the resolver and Instance Connect have separate modules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from inspect import isfunction
from types import ModuleType
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response
from moto.iam.responses import IamResponse
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.route53resolver.responses import Route53ResolverResponse

from containment_lab.cloud import account_settings, instance_connect, policy_simulator, resolver
from containment_lab.cloud.checks import keys
from containment_lab.cloud.dns_firewall import rules, vpcs

Answer = dict[str, Any]
Call = Callable[[Any], Answer]
_NAME = re.compile(r"(associate|create|delete|describe|disassociate|get|list|simulate|update)_")
_METADATA_DEFAULTS: defaultdict[tuple[str, str], Answer] = defaultdict(dict)
_METADATA_KEYS = {"HttpTokens": str, "HttpPutResponseHopLimit": int, "HttpEndpoint": str, "InstanceMetadataTags": str}
_PUBLIC_ACCESS: defaultdict[tuple[str, str], Answer] = defaultdict(lambda: {"InternetGatewayBlockMode": "off", "State": "default-state"})


def _place(request: Any) -> tuple[str, str]:
    return request.current_account, request.region


def modify_instance_metadata_defaults(request: Any) -> Answer:
    """Set the account's metadata defaults in a region; `no-preference` and -1 unset one."""
    defaults = _METADATA_DEFAULTS[_place(request)]
    for key, kind in _METADATA_KEYS.items():
        value = request._get_param(key)  # noqa: SLF001
        if value in ("no-preference", -1, "-1"):
            defaults.pop(key, None)
        elif value is not None:
            defaults[key] = kind(value)
    return {"Return": True}


def get_instance_metadata_defaults(request: Any) -> Answer:
    """Return the account's metadata defaults in a region."""
    return {"AccountLevel": dict(_METADATA_DEFAULTS[_place(request)])}


def modify_vpc_block_public_access_options(request: Any) -> Answer:
    """Set the account's block on internet gateways: off, block-bidirectional or block-ingress."""
    mode = request._get_param("InternetGatewayBlockMode")  # noqa: SLF001
    _PUBLIC_ACCESS[_place(request)] = {"InternetGatewayBlockMode": mode, "State": "update-complete"}
    return describe_vpc_block_public_access_options(request)


def describe_vpc_block_public_access_options(request: Any) -> Answer:
    """Return the account's block on internet gateways."""
    account, region = _place(request)
    options = {"AwsAccountId": account, "AwsRegion": region, "ExclusionsAllowed": "allowed", "ManagedBy": "account"}
    return {"VpcBlockPublicAccessOptions": options | _PUBLIC_ACCESS[account, region]}


def monitor_instances(request: Any) -> Answer:
    """Monitor instances in detail from now on."""
    return _update_monitoring(request, "enabled")


def unmonitor_instances(request: Any) -> Answer:
    """Switch detailed monitoring off."""
    return _update_monitoring(request, "disabled")


def _update_monitoring(request: Any, state: str) -> Answer:
    found = [request.ec2_backend.get_instance(each) for each in request._get_param("InstanceIds", [])]  # noqa: SLF001
    for instance in found:
        instance.monitoring_state = state
    return {"InstanceMonitorings": [{"InstanceId": each.id, "Monitoring": {"State": state}} for each in found]}


def associate_kms_key(request: Any) -> Answer:
    """Set the key that encrypts a log group from now on."""
    group, key = _log_group(request), request._get_param("kmsKeyId")  # noqa: SLF001
    keys.require_log_key(request.logs_backend, group.name, key)
    group.kms_key_id = key
    return {}


def disassociate_kms_key(request: Any) -> Answer:
    """Return a log group to AWS's own key."""
    _log_group(request).kms_key_id = None
    return {}


def _log_group(request: Any) -> Any:
    name = request._get_param("logGroupName") or request._get_param("resourceIdentifier").split(":log-group:")[-1]  # noqa: SLF001
    if name not in request.logs_backend.groups:
        raise ResourceNotFoundException
    return request.logs_backend.groups[name]


LOGS: tuple[Call, ...] = (associate_kms_key, disassociate_kms_key)
EC2: tuple[Call, ...] = (
    modify_instance_metadata_defaults,
    get_instance_metadata_defaults,
    modify_vpc_block_public_access_options,
    describe_vpc_block_public_access_options,
    monitor_instances,
    unmonitor_instances,
)


def add() -> None:
    """Add the calls to moto in this process."""
    _add_calls(EC2Response, {each.__name__: each for each in EC2} | account_settings.CALLS | list_calls(instance_connect))
    _add_calls(IamResponse, list_calls(policy_simulator))
    _add_calls(LogsResponse, {each.__name__: each for each in LOGS})
    _add_calls(Route53ResolverResponse, list_calls(rules) | list_calls(vpcs) | list_calls(resolver))
    resolver.extend_tag_calls()
    account_settings.add_public_snapshots()
    account_settings.add_quotas()


def list_calls(module: ModuleType) -> dict[str, Call]:
    """Return the functions of a module that are named like calls of AWS; those that it imports are left out."""
    own = {name: each for name, each in vars(module).items() if isfunction(each) and each.__module__ == module.__name__}
    return {name: each for name, each in own.items() if _NAME.match(name)}


def _add_calls(service: Any, calls: Mapping[str, Call]) -> None:
    for name, call in calls.items():
        setattr(service, name, _make_method(call))


def _make_method(call: Call) -> Callable[[Any], ActionResult]:
    return lambda request: ActionResult(call(request))
