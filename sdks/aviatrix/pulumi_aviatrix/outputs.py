"""Nested output types: what `resource.property` holds once it is known, with snake_case attributes (`rules[0].uuid`).

They are dicts with the same keys, as in the generated SDK. Left out: inputs (`_inputs.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._types import output_type


@output_type
class SmartGroupSelectorMatchExpression(dict[str, Any]):
    """One expression of a SmartGroup: its fields are AND-ed, the expressions of a group OR-ed."""

    account_id: str | None = None
    account_name: str | None = None
    cidr: str | None = None
    ext_args: Mapping[str, str] | None = None
    external: str | None = None
    fqdn: str | None = None
    k8s_cluster_id: str | None = None
    k8s_namespace: str | None = None
    k8s_pod: str | None = None
    k8s_service: str | None = None
    name: str | None = None
    namespacetags: Mapping[str, str] | None = None
    region: str | None = None
    res_id: str | None = None
    s2c: str | None = None
    site: str | None = None
    tags: Mapping[str, str] | None = None
    type: str | None = None
    zone: str | None = None


@output_type
class SmartGroupSelector(dict[str, Any]):
    """What a SmartGroup contains."""

    match_expressions: Sequence[SmartGroupSelectorMatchExpression]


@output_type
class WebGroupSelectorMatchExpression(dict[str, Any]):
    """One name or one URL of a WebGroup: `snifilter` (domain, matched with the SNI) or `urlfilter`, never both."""

    snifilter: str | None = None
    urlfilter: str | None = None


@output_type
class WebGroupSelector(dict[str, Any]):
    """What a WebGroup contains."""

    match_expressions: Sequence[WebGroupSelectorMatchExpression]


@output_type
class DistributedFirewallingPolicyListPolicyPortRange(dict[str, Any]):
    """Ports `lo` to `hi`, both included; without `hi`, only `lo`."""

    lo: float
    hi: float | None = None


@output_type
class DistributedFirewallingPolicyListPolicy(dict[str, Any]):
    """One rule of the Controller-wide list. `priority` 0 is the highest; gateway logs carry its `uuid`."""

    action: str
    dst_smart_groups: Sequence[str]
    name: str
    protocol: str
    src_smart_groups: Sequence[str]
    uuid: str
    decrypt_policy: str | None = None
    egress_path: str | None = None
    enforcement: str | None = None
    exclude_sg_orchestration: bool | None = None
    flow_app_requirement: str | None = None
    log_profile: str | None = None
    logging: bool | None = None
    port_ranges: Sequence[DistributedFirewallingPolicyListPolicyPortRange] | None = None
    priority: float | None = None
    tls_profile: str | None = None
    watch: bool | None = None
    web_groups: Sequence[str] | None = None


@output_type
class DcfRulesetRulePortRange(dict[str, Any]):
    """Ports `lo` to `hi`, both included; releases up to 10.0 plan clean only when `hi` is set."""

    lo: float
    hi: float | None = None


@output_type
class DcfRulesetRule(dict[str, Any]):
    """One rule of a ruleset. `priority` 0 is the highest; gateway logs carry its `uuid`."""

    action: str
    dst_smart_groups: Sequence[str]
    name: str
    priority: float
    protocol: str
    src_smart_groups: Sequence[str]
    uuid: str
    decrypt_policy: str | None = None
    egress_path: str | None = None
    enforcement: str | None = None
    exclude_sg_orchestration: bool | None = None
    flow_app_requirement: str | None = None
    log_profile: str | None = None
    logging: bool | None = None
    port_ranges: Sequence[DcfRulesetRulePortRange] | None = None
    tls_profile: str | None = None
    watch: bool | None = None
    web_groups: Sequence[str] | None = None


@output_type
class DcfPolicyGroupAttachmentPoint(dict[str, Any]):
    """A named place in a policy group where one ruleset or group can hang; names are unique on a Controller."""

    name: str
    priority: float
    target_uuid: str
    uuid: str


@output_type
class DcfPolicyGroupPolicyGroupReference(dict[str, Any]):
    """A policy group inside a policy group."""

    priority: float
    target_uuid: str


@output_type
class DcfPolicyGroupRulesetReference(dict[str, Any]):
    """A ruleset inside a policy group."""

    priority: float
    target_uuid: str


@output_type
class KubernetesClusterClusterDetails(dict[str, Any]):
    """What the Controller must be told about a cluster that no cloud provider manages."""

    account_id: str
    account_name: str
    is_publicly_accessible: bool
    name: str
    network_mode: str
    platform: str
    region: str
    version: str
    vpc_id: str
    compartment: str | None = None
    entra_id_authn: bool | None = None
    project: str | None = None
    tags: Mapping[str, str] | None = None


@output_type
class DcfIpsProfileRuleFeeds(dict[str, Any]):
    """Feeds of a profile: uuids of own feeds, names of external ones, and signature ids that are ignored."""

    custom_feeds_ids: Sequence[str]
    external_feeds_ids: Sequence[str]
    ignored_sids: Sequence[float]
