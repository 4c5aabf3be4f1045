"""Nested input types. Each comes twice: `...Args`, a class, and `...ArgsDict`, the same as a plain dict with snake_case keys.

Rules kept: properties required by the provider have no default; computed ones (`uuid`) are accepted, as in the generated SDK.
Left out: checks of meaning (one kind of filter an expression, port bounds), which are the provider's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from pulumi import Input

from ._types import input_type


class ProviderIgnoreTagsArgsDict(TypedDict):
    """Tags the provider never touches: exact `keys`, and `key_prefixes`."""

    key_prefixes: NotRequired[Input[Sequence[Input[str]] | None]]
    keys: NotRequired[Input[Sequence[Input[str]] | None]]


@input_type
class ProviderIgnoreTagsArgs:
    """`ProviderIgnoreTagsArgsDict` as a class."""

    key_prefixes: Input[Sequence[Input[str]] | None] = None
    keys: Input[Sequence[Input[str]] | None] = None


class SmartGroupSelectorMatchExpressionArgsDict(TypedDict):
    """One expression of a SmartGroup: its fields are AND-ed, the expressions of a group OR-ed.

    `cidr`, `fqdn` and `site` each stand alone; otherwise `type` (vm, vpc, subnet, k8s ...) is needed, unless `external` is set.
    """

    account_id: NotRequired[Input[str | None]]
    account_name: NotRequired[Input[str | None]]
    cidr: NotRequired[Input[str | None]]
    ext_args: NotRequired[Input[Mapping[str, Input[str]] | None]]
    external: NotRequired[Input[str | None]]
    fqdn: NotRequired[Input[str | None]]
    k8s_cluster_id: NotRequired[Input[str | None]]
    k8s_namespace: NotRequired[Input[str | None]]
    k8s_pod: NotRequired[Input[str | None]]
    k8s_service: NotRequired[Input[str | None]]
    name: NotRequired[Input[str | None]]
    namespacetags: NotRequired[Input[Mapping[str, Input[str]] | None]]
    region: NotRequired[Input[str | None]]
    res_id: NotRequired[Input[str | None]]
    s2c: NotRequired[Input[str | None]]
    site: NotRequired[Input[str | None]]
    tags: NotRequired[Input[Mapping[str, Input[str]] | None]]
    type: NotRequired[Input[str | None]]
    zone: NotRequired[Input[str | None]]


@input_type
class SmartGroupSelectorMatchExpressionArgs:
    """`SmartGroupSelectorMatchExpressionArgsDict` as a class."""

    account_id: Input[str | None] = None
    account_name: Input[str | None] = None
    cidr: Input[str | None] = None
    ext_args: Input[Mapping[str, Input[str]] | None] = None
    external: Input[str | None] = None
    fqdn: Input[str | None] = None
    k8s_cluster_id: Input[str | None] = None
    k8s_namespace: Input[str | None] = None
    k8s_pod: Input[str | None] = None
    k8s_service: Input[str | None] = None
    name: Input[str | None] = None
    namespacetags: Input[Mapping[str, Input[str]] | None] = None
    region: Input[str | None] = None
    res_id: Input[str | None] = None
    s2c: Input[str | None] = None
    site: Input[str | None] = None
    tags: Input[Mapping[str, Input[str]] | None] = None
    type: Input[str | None] = None
    zone: Input[str | None] = None


class SmartGroupSelectorArgsDict(TypedDict):
    """What a SmartGroup contains."""

    match_expressions: Input[Sequence[Input[SmartGroupSelectorMatchExpressionArgsDict]]]


@input_type
class SmartGroupSelectorArgs:
    """`SmartGroupSelectorArgsDict` as a class."""

    match_expressions: Input[Sequence[Input[SmartGroupSelectorMatchExpressionArgs]]]


class WebGroupSelectorMatchExpressionArgsDict(TypedDict):
    """One name or one URL of a WebGroup: `snifilter` (domain, matched with the SNI) or `urlfilter`, never both."""

    snifilter: NotRequired[Input[str | None]]
    urlfilter: NotRequired[Input[str | None]]


@input_type
class WebGroupSelectorMatchExpressionArgs:
    """`WebGroupSelectorMatchExpressionArgsDict` as a class."""

    snifilter: Input[str | None] = None
    urlfilter: Input[str | None] = None


class WebGroupSelectorArgsDict(TypedDict):
    """What a WebGroup contains."""

    match_expressions: Input[Sequence[Input[WebGroupSelectorMatchExpressionArgsDict]]]


@input_type
class WebGroupSelectorArgs:
    """`WebGroupSelectorArgsDict` as a class."""

    match_expressions: Input[Sequence[Input[WebGroupSelectorMatchExpressionArgs]]]


class DistributedFirewallingPolicyListPolicyPortRangeArgsDict(TypedDict):
    """Ports `lo` to `hi`, both included; without `hi`, only `lo`."""

    lo: Input[float]
    hi: NotRequired[Input[float | None]]


@input_type
class DistributedFirewallingPolicyListPolicyPortRangeArgs:
    """`DistributedFirewallingPolicyListPolicyPortRangeArgsDict` as a class."""

    lo: Input[float]
    hi: Input[float | None] = None


class DistributedFirewallingPolicyListPolicyArgsDict(TypedDict):
    """One rule of the Controller-wide list. `priority` 0 is the highest; gateway logs carry its `uuid`."""

    action: Input[str]
    dst_smart_groups: Input[Sequence[Input[str]]]
    name: Input[str]
    protocol: Input[str]
    src_smart_groups: Input[Sequence[Input[str]]]
    decrypt_policy: NotRequired[Input[str | None]]
    egress_path: NotRequired[Input[str | None]]
    enforcement: NotRequired[Input[str | None]]
    exclude_sg_orchestration: NotRequired[Input[bool | None]]
    flow_app_requirement: NotRequired[Input[str | None]]
    log_profile: NotRequired[Input[str | None]]
    logging: NotRequired[Input[bool | None]]
    port_ranges: NotRequired[Input[Sequence[Input[DistributedFirewallingPolicyListPolicyPortRangeArgsDict]] | None]]
    priority: NotRequired[Input[float | None]]
    tls_profile: NotRequired[Input[str | None]]
    uuid: NotRequired[Input[str | None]]
    watch: NotRequired[Input[bool | None]]
    web_groups: NotRequired[Input[Sequence[Input[str]] | None]]


@input_type
class DistributedFirewallingPolicyListPolicyArgs:
    """`DistributedFirewallingPolicyListPolicyArgsDict` as a class."""

    action: Input[str]
    dst_smart_groups: Input[Sequence[Input[str]]]
    name: Input[str]
    protocol: Input[str]
    src_smart_groups: Input[Sequence[Input[str]]]
    decrypt_policy: Input[str | None] = None
    egress_path: Input[str | None] = None
    enforcement: Input[str | None] = None
    exclude_sg_orchestration: Input[bool | None] = None
    flow_app_requirement: Input[str | None] = None
    log_profile: Input[str | None] = None
    logging: Input[bool | None] = None
    port_ranges: Input[Sequence[Input[DistributedFirewallingPolicyListPolicyPortRangeArgs]] | None] = None
    priority: Input[float | None] = None
    tls_profile: Input[str | None] = None
    uuid: Input[str | None] = None
    watch: Input[bool | None] = None
    web_groups: Input[Sequence[Input[str]] | None] = None


class DcfRulesetRulePortRangeArgsDict(TypedDict):
    """Ports `lo` to `hi`, both included; releases up to 10.0 plan clean only when `hi` is set."""

    lo: Input[float]
    hi: NotRequired[Input[float | None]]


@input_type
class DcfRulesetRulePortRangeArgs:
    """`DcfRulesetRulePortRangeArgsDict` as a class."""

    lo: Input[float]
    hi: Input[float | None] = None


class DcfRulesetRuleArgsDict(TypedDict):
    """One rule of a ruleset. `priority` 0 is the highest; gateway logs carry its `uuid`."""

    action: Input[str]
    dst_smart_groups: Input[Sequence[Input[str]]]
    name: Input[str]
    priority: Input[float]
    protocol: Input[str]
    src_smart_groups: Input[Sequence[Input[str]]]
    decrypt_policy: NotRequired[Input[str | None]]
    egress_path: NotRequired[Input[str | None]]
    enforcement: NotRequired[Input[str | None]]
    exclude_sg_orchestration: NotRequired[Input[bool | None]]
    flow_app_requirement: NotRequired[Input[str | None]]
    log_profile: NotRequired[Input[str | None]]
    logging: NotRequired[Input[bool | None]]
    port_ranges: NotRequired[Input[Sequence[Input[DcfRulesetRulePortRangeArgsDict]] | None]]
    tls_profile: NotRequired[Input[str | None]]
    uuid: NotRequired[Input[str | None]]
    watch: NotRequired[Input[bool | None]]
    web_groups: NotRequired[Input[Sequence[Input[str]] | None]]


@input_type
class DcfRulesetRuleArgs:
    """`DcfRulesetRuleArgsDict` as a class."""

    action: Input[str]
    dst_smart_groups: Input[Sequence[Input[str]]]
    name: Input[str]
    priority: Input[float]
    protocol: Input[str]
    src_smart_groups: Input[Sequence[Input[str]]]
    decrypt_policy: Input[str | None] = None
    egress_path: Input[str | None] = None
    enforcement: Input[str | None] = None
    exclude_sg_orchestration: Input[bool | None] = None
    flow_app_requirement: Input[str | None] = None
    log_profile: Input[str | None] = None
    logging: Input[bool | None] = None
    port_ranges: Input[Sequence[Input[DcfRulesetRulePortRangeArgs]] | None] = None
    tls_profile: Input[str | None] = None
    uuid: Input[str | None] = None
    watch: Input[bool | None] = None
    web_groups: Input[Sequence[Input[str]] | None] = None


class DcfPolicyGroupAttachmentPointArgsDict(TypedDict):
    """A named place in a policy group where one ruleset or group can hang; names are unique on a Controller."""

    name: Input[str]
    priority: Input[float]
    target_uuid: NotRequired[Input[str | None]]
    uuid: NotRequired[Input[str | None]]


@input_type
class DcfPolicyGroupAttachmentPointArgs:
    """`DcfPolicyGroupAttachmentPointArgsDict` as a class."""

    name: Input[str]
    priority: Input[float]
    target_uuid: Input[str | None] = None
    uuid: Input[str | None] = None


class DcfPolicyGroupPolicyGroupReferenceArgsDict(TypedDict):
    """A policy group inside a policy group."""

    priority: Input[float]
    target_uuid: Input[str]


@input_type
class DcfPolicyGroupPolicyGroupReferenceArgs:
    """`DcfPolicyGroupPolicyGroupReferenceArgsDict` as a class."""

    priority: Input[float]
    target_uuid: Input[str]


class DcfPolicyGroupRulesetReferenceArgsDict(TypedDict):
    """A ruleset inside a policy group."""

    priority: Input[float]
    target_uuid: Input[str]


@input_type
class DcfPolicyGroupRulesetReferenceArgs:
    """`DcfPolicyGroupRulesetReferenceArgsDict` as a class."""

    priority: Input[float]
    target_uuid: Input[str]


class KubernetesClusterClusterDetailsArgsDict(TypedDict):
    """What the Controller must be told about a cluster that no cloud provider manages."""

    account_id: Input[str]
    account_name: Input[str]
    is_publicly_accessible: Input[bool]
    name: Input[str]
    network_mode: Input[str]
    platform: Input[str]
    region: Input[str]
    version: Input[str]
    vpc_id: Input[str]
    compartment: NotRequired[Input[str | None]]
    entra_id_authn: NotRequired[Input[bool | None]]
    project: NotRequired[Input[str | None]]
    tags: NotRequired[Input[Mapping[str, Input[str]] | None]]


@input_type
class KubernetesClusterClusterDetailsArgs:
    """`KubernetesClusterClusterDetailsArgsDict` as a class."""

    account_id: Input[str]
    account_name: Input[str]
    is_publicly_accessible: Input[bool]
    name: Input[str]
    network_mode: Input[str]
    platform: Input[str]
    region: Input[str]
    version: Input[str]
    vpc_id: Input[str]
    compartment: Input[str | None] = None
    entra_id_authn: Input[bool | None] = None
    project: Input[str | None] = None
    tags: Input[Mapping[str, Input[str]] | None] = None


class DcfIpsProfileRuleFeedsArgsDict(TypedDict):
    """Feeds of a profile: uuids of own feeds, names of external ones, and signature ids that are ignored; each list may be empty."""

    custom_feeds_ids: Input[Sequence[Input[str]]]
    external_feeds_ids: Input[Sequence[Input[str]]]
    ignored_sids: Input[Sequence[Input[float]]]


@input_type
class DcfIpsProfileRuleFeedsArgs:
    """`DcfIpsProfileRuleFeedsArgsDict` as a class."""

    custom_feeds_ids: Input[Sequence[Input[str]]]
    external_feeds_ids: Input[Sequence[Input[str]]]
    ignored_sids: Input[Sequence[Input[float]]]
