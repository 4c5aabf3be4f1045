"""The DCF policy of one stack on the Controller: groups, TLS profile, ordered rules.

Two forms of ownership (docs/ownership.md): a ruleset on the stack's own attachment point, which `platform/` made, or
the Controller-wide list and default action of a dedicated Controller. What the rules are is `containment.model.policy`'s;
their arguments `lowering`'s. No Pulumi name here holds the prefix: a new prefix renames what stands, in place, and the
attachment point, which takes one object alone, never has to change hands under a live host.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aviatrix as aviatrix

from components.lowering import rule_args, smart_group_selector, web_group_selector
from containment.model.names import WellKnown, attachment_point_for
from containment.model.ruleset import RuleSet
from containment.model.spec import ContainmentSpec


class EgressPolicy(pulumi.ComponentResource):
    """SmartGroups, WebGroups and the ordered rules of one stack; `rule_table` holds each rule with its uuid."""

    def __init__(self, name: str, spec: ContainmentSpec, ruleset: RuleSet, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:policy:EgressPolicy", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self._ids: dict[str, pulumi.Input[str]] = {known.value: known.value for known in WellKnown}
        for key, group in sorted(ruleset.smart_groups.items()):
            if key not in self._ids:
                made = aviatrix.SmartGroup(
                    f"{name}-{key}",
                    name=group.name,
                    selector=aviatrix.SmartGroupSelectorArgs(**smart_group_selector(group)),
                    opts=self._child,
                )
                self._ids[key] = made.uuid
        for key, web_group in sorted(ruleset.web_groups.items()):
            self._ids[key] = aviatrix.WebGroup(
                f"{name}-{key}",
                name=web_group.name,
                selector=aviatrix.WebGroupSelectorArgs(**web_group_selector(web_group)),
                opts=self._child,
            ).uuid
        rules = self._lowered(ruleset)
        ruled: pulumi.Output[Any] = self._own_list(rules) if spec.config.manage_controller_policy else self._own_ruleset(rules)
        self.source_group = self._ids["sg-agent-workload"]
        self.rule_table = ruled.apply(
            lambda found: [
                {"name": rule.name, "priority": int(rule.priority), "action": rule.action, "uuid": rule.uuid} for rule in by_priority(found)
            ]
        )
        self.register_outputs({"ruleTable": self.rule_table})

    def _lowered(self, ruleset: RuleSet) -> list[dict[str, Any]]:
        newer = self._spec.config.controller_version.has_rulesets
        profile: pulumi.Output[str] | None = None
        if newer and any(rule.verify_sni for rule in ruleset.rules):
            profile = aviatrix.DcfTlsProfile(
                f"{self._name}-tls",
                display_name=f"{self._spec.object_prefix}-verify-sni",
                certificate_validation="CERTIFICATE_VALIDATION_NONE",
                verify_sni=True,
                opts=self._child,
            ).uuid
        return [rule_args(rule, self._ids.__getitem__, tls_profile=profile, log_profiles=newer) for rule in ruleset.rules]

    def _own_ruleset(self, rules: list[dict[str, Any]]) -> pulumi.Output[Any]:
        point = aviatrix.get_dcf_attachment_point_output(
            name=attachment_point_for(self._spec.stack), opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return aviatrix.DcfRuleset(
            f"{self._name}-rules",
            name=self._spec.object_prefix,
            attach_to=point.attachment_point_id,
            rules=[aviatrix.DcfRulesetRuleArgs(**rule) for rule in rules],
            opts=self._child,
        ).rules

    def _own_list(self, rules: list[dict[str, Any]]) -> pulumi.Output[Any]:
        """Own the Controller's list; DCF and the default action stay when the stack goes, so nothing is loosened."""
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        if self._spec.config.controller_version.has_rulesets:
            enabled: pulumi.Resource = aviatrix.ConfigFeature(f"{self._name}-dcf", feature_name="microseg", is_enabled=True, opts=kept)
        else:
            enabled = aviatrix.DistributedFirewallingConfig(f"{self._name}-dcf", enable_distributed_firewalling=True, opts=kept)
        policies = aviatrix.DistributedFirewallingPolicyList(
            f"{self._name}-rules",
            policies=[aviatrix.DistributedFirewallingPolicyListPolicyArgs(**rule) for rule in rules],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[enabled]),
        )
        aviatrix.DistributedFirewallingDefaultActionRule(
            f"{self._name}-default-action",
            action="DENY",
            logging=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policies], retain_on_delete=True),
        )
        return policies.policies


def by_priority(rules: Any) -> list[Any]:
    """Return rules in evaluation order: the Controller hands a ruleset back as a set."""
    return sorted(rules or [], key=lambda rule: rule.priority)
