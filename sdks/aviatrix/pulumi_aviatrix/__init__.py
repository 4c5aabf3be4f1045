"""Pulumi SDK for Aviatrix: the resources agent-containment uses, over the bridged Terraform provider.

It has the import name, class names, properties and wire form of the SDK that `pulumi package add terraform-provider
AviatrixSystems/aviatrix` generates, and can be replaced by it. Its one addition is `use_release`: the provider release is chosen by the
program, not fixed when the SDK is made. Left out: every other resource, and positional properties.
"""

from . import _utilities, outputs
from ._inputs import (
    DcfIpsProfileRuleFeedsArgs,
    DcfIpsProfileRuleFeedsArgsDict,
    DcfPolicyGroupAttachmentPointArgs,
    DcfPolicyGroupAttachmentPointArgsDict,
    DcfPolicyGroupPolicyGroupReferenceArgs,
    DcfPolicyGroupPolicyGroupReferenceArgsDict,
    DcfPolicyGroupRulesetReferenceArgs,
    DcfPolicyGroupRulesetReferenceArgsDict,
    DcfRulesetRuleArgs,
    DcfRulesetRuleArgsDict,
    DcfRulesetRulePortRangeArgs,
    DcfRulesetRulePortRangeArgsDict,
    DistributedFirewallingPolicyListPolicyArgs,
    DistributedFirewallingPolicyListPolicyArgsDict,
    DistributedFirewallingPolicyListPolicyPortRangeArgs,
    DistributedFirewallingPolicyListPolicyPortRangeArgsDict,
    KubernetesClusterClusterDetailsArgs,
    KubernetesClusterClusterDetailsArgsDict,
    ProviderIgnoreTagsArgs,
    ProviderIgnoreTagsArgsDict,
    SmartGroupSelectorArgs,
    SmartGroupSelectorArgsDict,
    SmartGroupSelectorMatchExpressionArgs,
    SmartGroupSelectorMatchExpressionArgsDict,
    WebGroupSelectorArgs,
    WebGroupSelectorArgsDict,
    WebGroupSelectorMatchExpressionArgs,
    WebGroupSelectorMatchExpressionArgsDict,
)
from ._utilities import use_release
from .config_feature import ConfigFeature, ConfigFeatureArgs
from .copilot_association import CopilotAssociation, CopilotAssociationArgs
from .dcf_default_ips_profile import DcfDefaultIpsProfile, DcfDefaultIpsProfileArgs
from .dcf_ips_profile import DcfIpsProfile, DcfIpsProfileArgs
from .dcf_policy_group import DcfPolicyGroup, DcfPolicyGroupArgs
from .dcf_ruleset import DcfRuleset, DcfRulesetArgs
from .dcf_tls_profile import DcfTlsProfile, DcfTlsProfileArgs
from .distributed_firewalling_config import DistributedFirewallingConfig, DistributedFirewallingConfigArgs
from .distributed_firewalling_default_action_rule import (
    DistributedFirewallingDefaultActionRule,
    DistributedFirewallingDefaultActionRuleArgs,
)
from .distributed_firewalling_policy_list import DistributedFirewallingPolicyList, DistributedFirewallingPolicyListArgs
from .get_dcf_attachment_point import (
    AwaitableGetDcfAttachmentPointResult,
    GetDcfAttachmentPointResult,
    get_dcf_attachment_point,
    get_dcf_attachment_point_output,
)
from .get_dcf_tls_profile import AwaitableGetDcfTlsProfileResult, GetDcfTlsProfileResult, get_dcf_tls_profile, get_dcf_tls_profile_output
from .kubernetes_cluster import KubernetesCluster, KubernetesClusterArgs
from .provider import Provider, ProviderArgs
from .remote_syslog import RemoteSyslog, RemoteSyslogArgs
from .smart_group import SmartGroup, SmartGroupArgs
from .spoke_gateway import SpokeGateway, SpokeGatewayArgs
from .web_group import WebGroup, WebGroupArgs

_utilities.register(
    Provider,
    (
        ConfigFeature,
        CopilotAssociation,
        DcfPolicyGroup,
        DcfRuleset,
        DcfTlsProfile,
        DistributedFirewallingConfig,
        DistributedFirewallingDefaultActionRule,
        DistributedFirewallingPolicyList,
        KubernetesCluster,
        RemoteSyslog,
        SmartGroup,
        SpokeGateway,
        WebGroup,
    ),
)

__all__ = [
    "AwaitableGetDcfAttachmentPointResult",
    "AwaitableGetDcfTlsProfileResult",
    "ConfigFeature",
    "ConfigFeatureArgs",
    "CopilotAssociation",
    "CopilotAssociationArgs",
    "DcfDefaultIpsProfile",
    "DcfDefaultIpsProfileArgs",
    "DcfIpsProfile",
    "DcfIpsProfileArgs",
    "DcfIpsProfileRuleFeedsArgs",
    "DcfIpsProfileRuleFeedsArgsDict",
    "DcfPolicyGroup",
    "DcfPolicyGroupArgs",
    "DcfPolicyGroupAttachmentPointArgs",
    "DcfPolicyGroupAttachmentPointArgsDict",
    "DcfPolicyGroupPolicyGroupReferenceArgs",
    "DcfPolicyGroupPolicyGroupReferenceArgsDict",
    "DcfPolicyGroupRulesetReferenceArgs",
    "DcfPolicyGroupRulesetReferenceArgsDict",
    "DcfRuleset",
    "DcfRulesetArgs",
    "DcfRulesetRuleArgs",
    "DcfRulesetRuleArgsDict",
    "DcfRulesetRulePortRangeArgs",
    "DcfRulesetRulePortRangeArgsDict",
    "DcfTlsProfile",
    "DcfTlsProfileArgs",
    "DistributedFirewallingConfig",
    "DistributedFirewallingConfigArgs",
    "DistributedFirewallingDefaultActionRule",
    "DistributedFirewallingDefaultActionRuleArgs",
    "DistributedFirewallingPolicyList",
    "DistributedFirewallingPolicyListArgs",
    "DistributedFirewallingPolicyListPolicyArgs",
    "DistributedFirewallingPolicyListPolicyArgsDict",
    "DistributedFirewallingPolicyListPolicyPortRangeArgs",
    "DistributedFirewallingPolicyListPolicyPortRangeArgsDict",
    "GetDcfAttachmentPointResult",
    "GetDcfTlsProfileResult",
    "KubernetesCluster",
    "KubernetesClusterArgs",
    "KubernetesClusterClusterDetailsArgs",
    "KubernetesClusterClusterDetailsArgsDict",
    "Provider",
    "ProviderArgs",
    "ProviderIgnoreTagsArgs",
    "ProviderIgnoreTagsArgsDict",
    "RemoteSyslog",
    "RemoteSyslogArgs",
    "SmartGroup",
    "SmartGroupArgs",
    "SmartGroupSelectorArgs",
    "SmartGroupSelectorArgsDict",
    "SmartGroupSelectorMatchExpressionArgs",
    "SmartGroupSelectorMatchExpressionArgsDict",
    "SpokeGateway",
    "SpokeGatewayArgs",
    "WebGroup",
    "WebGroupArgs",
    "WebGroupSelectorArgs",
    "WebGroupSelectorArgsDict",
    "WebGroupSelectorMatchExpressionArgs",
    "WebGroupSelectorMatchExpressionArgsDict",
    "get_dcf_attachment_point",
    "get_dcf_attachment_point_output",
    "get_dcf_tls_profile",
    "get_dcf_tls_profile_output",
    "outputs",
    "use_release",
]
