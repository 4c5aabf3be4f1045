"""The gateways' intrusion prevention drops major and critical intrusions, and uses every rule of its feeds.

One profile is the Controller's default and inspects every permit whose action is INTRUSION_DETECTION_PERMIT, whichever program owns the
permit. So every profile is judged, a default must name a profile of the program, and a feed must not let traffic pass uninspected. A
value that is not known yet does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from containment.names import DROPPED_SEVERITIES, INTRUSION_ACTIONS
from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import DEFAULT_INTRUSION_PROFILE, INTRUSION_FEED, INTRUSION_PROFILE
from policypack.graph.plain_data import UNKNOWN, describe, get_field, get_items, is_some
from policypack.graph.resources import Graph, Resource, Trace

_IDENTITIES: Final = ("id", "uuid", "dcfIpsProfileId")
_FEEDS: Final = ("externalFeedsIds", "customFeedsIds")
_LEFT_OUT: Final = ("ignoredSids", "neverDropSids")


def _check_profile(profile: Resource) -> Iterator[Violation]:
    actions = profile.get("intrusionActions")
    for severity in DROPPED_SEVERITIES:
        found = actions.get(severity) if isinstance(actions, Mapping) else actions
        if found != INTRUSION_ACTIONS[severity]:
            yield Violation(profile.urn, f"only reports {severity} intrusions: intrusionActions.{severity} is {describe(found)}")
    blocks = get_items(profile.get("ruleFeeds"))
    if not any(_has_member(get_field(block, key)) for block in blocks if block is not UNKNOWN for key in _FEEDS):
        yield Violation(profile.urn, "uses no rule feed that is known: ruleFeeds names none, so no intrusion is recognized")
    for key in _LEFT_OUT:
        left = [get_field(block, key) for block in blocks if block is UNKNOWN or is_some(get_field(block, key)) is not Ternary.NO]
        if left:
            yield Violation(profile.urn, f"leaves rules of its feeds out: ruleFeeds.{key} is {describe(left[0])}")


def _has_member(value: Any) -> bool:
    return any(one is not UNKNOWN and is_some(one) is Ternary.YES for one in get_items(value))


def _check_feed(feed: Resource) -> Iterator[Violation]:
    text = feed.get("fileContent")
    if text is None:
        return
    if not isinstance(text, str):
        yield Violation(feed.urn, f"has rules that cannot be seen: fileContent is {describe(text)}")
    elif any(line.lstrip().lower().startswith("pass ") for line in text.splitlines()):
        yield Violation(feed.urn, "lets traffic pass uninspected: fileContent has a rule with the action pass")


def _check_stack(graph: Graph) -> list[Violation]:
    """Return the faults of profiles and feeds, and of defaults that name a profile which is not in the program."""
    out = [fault for kind in _CHECKS for one in graph.find_by_type(kind) for fault in _check_resource(one)]
    for one in graph.find_by_type(DEFAULT_INTRUSION_PROFILE):
        named = one.get("defaultIpsProfile")
        for value in get_items(named) or [named]:
            used = graph.resolve(one, "defaultIpsProfile", value, (INTRUSION_PROFILE,), _IDENTITIES)
            if not used.found or used.trace in (Trace.EXTERNAL, Trace.UNTRACED):
                shown = used.literal or "one that cannot be traced"
                what = f"names the profile {shown}, not of this program: whether it drops intrusions cannot be seen"
                out.append(Violation(one.urn, what))
    return out


_CHECKS: Final[Mapping[str, Callable[[Resource], Iterator[Violation]]]] = {
    INTRUSION_PROFILE: _check_profile,
    INTRUSION_FEED: _check_feed,
}


def _check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
    check = _CHECKS.get(resource.type)
    return list(check(resource)) if check else []


RULE = Rule(
    id="intrusions-are-dropped",
    severity=Severity.MEDIUM,
    info="Every intrusion profile drops major and critical intrusions and ignores no rule; the Controller's default is such a profile.",
    why="a profile that only reports lets an attack on the agent, or by it, through the permits that decrypt",
    fix="set intrusionActions major and critical to alert_and_drop, ruleFeeds.externalFeedsIds to [suricata-rules], and ignoredSids to []",
    scope=Scope.STATED,
    check_resource=_check_resource,
    check_stack=_check_stack,
)
