"""WebGroups by the rules that use them: those of denies and those of permits, inferred while no group has an id."""

from __future__ import annotations

from containment.ternary import Ternary
from policypack.firewall.effective_rules import EffectiveRules
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.names.web_groups import find_deny_groups
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.graph.known_types import WEB_GROUP
from policypack.graph.resources import Resource

WebGroups = tuple[Resource, ...]


def find_web_groups(chain: EffectiveRules) -> tuple[WebGroups, WebGroups]:
    """Return the WebGroups of the denies and those of the permits; inferred while ids are unknown."""
    return chain.graph.compute_once(find_web_groups, lambda: _find_web_groups(chain))


def _find_web_groups(chain: EffectiveRules) -> tuple[WebGroups, WebGroups]:
    if chain.is_certain:
        denied = tuple(group for rule in chain.denies for group in resolve_groups(chain, rule))
        return denied, tuple(dict.fromkeys(group for rule in chain.permits for group in resolve_groups(chain, rule)))
    every = chain.graph.find_by_type(WEB_GROUP)
    shadow, excused = find_deny_groups(every, count_deny_uses(chain))
    return tuple(shadow), tuple(group for group in every if group not in shadow and group not in excused)


def count_deny_uses(chain: EffectiveRules) -> int:
    """Return the number of references from denies to WebGroups, disabled denies included.

    Without a known deny, which other rules refuse, every group may belong to a deny.
    """
    denies = [rule for rule in read_rules(chain.graph) if rule.permits is Ternary.NO and chain.is_for_agents(rule)]
    return sum(len(rule.web_groups) for rule in denies) if denies else len(chain.graph.find_by_type(WEB_GROUP))


def resolve_groups(chain: EffectiveRules, rule: RegisteredRule) -> list[Resource]:
    """Return the WebGroups of this program that a rule uses."""
    references = [chain.graph.resolve(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES) for value in rule.web_groups]
    return [group for reference in references for group in reference.found]
