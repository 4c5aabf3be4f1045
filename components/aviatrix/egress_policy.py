"""The DCF policy of one stack on the Controller: groups, TLS profile, ordered rules.

Two forms of ownership (docs/ownership.md): a ruleset on the stack's attachment point, which `platform/` creates, or the
Controller-wide list and default action of a dedicated Controller. `containment.policy.builder` builds the rules,
`provider_arguments` converts them. Logical names do not contain the prefix, so a new prefix renames objects in place. A replacement
would need the attachment point, which accepts one object, while the old ruleset still uses it and the host is running.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aviatrix as aviatrix

from components.aviatrix.intrusion import IntrusionPrevention
from components.aviatrix.provider_arguments import build_rule_arguments, build_smart_group_selector, build_web_group_selector
from containment.config.spec import ContainmentSpec
from containment.names import WellKnownObject, get_certificate_validation, make_attachment_point
from containment.policy.rules import RuleSet


class EgressPolicy(pulumi.ComponentResource):
    """SmartGroups, WebGroups and the ordered rules of one stack; the output `rule_table` lists each rule with its uuid."""

    def __init__(self, name: str, spec: ContainmentSpec, ruleset: RuleSet, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:policy:EgressPolicy", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self._ids: dict[str, pulumi.Input[str]] = {known.value: known.value for known in WellKnownObject}
        for key, group in sorted(ruleset.smart_groups.items()):
            if key not in self._ids:
                made = aviatrix.SmartGroup(
                    f"{name}-{key}",
                    name=group.name,
                    selector=aviatrix.SmartGroupSelectorArgs(**build_smart_group_selector(group)),
                    opts=self._child,
                )
                self._ids[key] = made.uuid
        for key, web_group in sorted(ruleset.web_groups.items()):
            self._ids[key] = aviatrix.WebGroup(
                f"{name}-{key}",
                name=web_group.name,
                selector=aviatrix.WebGroupSelectorArgs(**build_web_group_selector(web_group)),
                opts=self._child,
            ).uuid
        rules = self._convert_rules(ruleset)
        ruled: pulumi.Output[Any] = self._own_list(rules) if spec.config.manage_controller_policy else self._own_ruleset(rules)
        if spec.config.intrusion_detection and spec.config.manage_controller_policy:
            IntrusionPrevention(f"{name}-intrusion", spec.object_prefix, opts=self._child)
        self.source_group = self._ids["sg-agent-workload"]
        self.rule_table = ruled.apply(
            lambda found: [
                {"name": rule.name, "priority": int(rule.priority), "action": rule.action, "uuid": rule.uuid}
                for rule in sort_by_priority(found)
            ]
        )
        self.register_outputs({"ruleTable": self.rule_table})

    def _convert_rules(self, ruleset: RuleSet) -> list[dict[str, Any]]:
        newer = self._spec.config.controller_version.line.has_rulesets
        wanted = {rule.decrypts for rule in ruleset.rules if rule.verify_sni} if newer else set()
        profiles = {decrypts: self._create_profile(decrypts) for decrypts in sorted(wanted)}
        return [
            build_rule_arguments(rule, self._ids.__getitem__, tls_profile=profiles.get(rule.decrypts), log_profiles=newer)
            for rule in ruleset.rules
        ]

    def _create_profile(self, decrypts: bool) -> pulumi.Output[str]:
        """Create the TLS profile of rules that decrypt, or of those that do not, and return its uuid."""
        name, shown = ("tls-decrypting", "verify-server") if decrypts else ("tls", "verify-sni")
        uuid: pulumi.Output[str] = aviatrix.DcfTlsProfile(
            f"{self._name}-{name}",
            display_name=f"{self._spec.object_prefix}-{shown}",
            certificate_validation=get_certificate_validation(decrypts).value,
            verify_sni=True,
            opts=self._child,
        ).uuid
        return uuid

    def _own_ruleset(self, rules: list[dict[str, Any]]) -> pulumi.Output[Any]:
        point = aviatrix.get_dcf_attachment_point_output(
            name=make_attachment_point(self._spec.stack), opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return aviatrix.DcfRuleset(
            f"{self._name}-rules",
            name=self._spec.object_prefix,
            attach_to=point.attachment_point_id,
            rules=[aviatrix.DcfRulesetRuleArgs(**rule) for rule in rules],
            opts=self._child,
        ).rules

    def _own_list(self, rules: list[dict[str, Any]]) -> pulumi.Output[Any]:
        """Own the Controller-wide list; DCF and the default action stay on destroy, so that no network becomes open."""
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        if self._spec.config.controller_version.line.has_rulesets:
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


def sort_by_priority(rules: Any) -> list[Any]:
    """Return rules in evaluation order: the Controller returns a ruleset as a set."""
    return sorted(rules or [], key=lambda rule: rule.priority)
