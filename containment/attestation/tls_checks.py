"""Check of TLS on the Controller: the profiles of the web rules, the rules that use it, and the rules that decrypt.

The digest of a policy covers that a rule verifies server names and that it decrypts. A profile is an object that several rules share and
that anyone with the Controller's console can edit, so its fields are read back and compared one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from containment.attestation.statement import CheckedItem
from containment.names import WellKnownObject, get_certificate_validation
from containment.policy.rules import Rule, RuleSet
from containment.preflight.finding import Status
from policypack.graph import known_types as kt
from policypack.graph.plain_data import get_items
from policypack.graph.resources import Graph

ID: Final = "tls-is-live"
WHAT: Final = "the TLS profiles verify servers as reviewed, the web rules use them, and no other rule decrypts"
_FIX: Final = "restore it: pulumi up --refresh (in the lab: containment lab up), then find out who changed it"
_DECRYPTS: Final = "DECRYPT_ALLOWED"
_NO_PROFILE: Final = ("", None, WellKnownObject.DEFAULT_TLS_PROFILE.value)
"""Values of a rule without a profile of the stack; a Controller can answer with its default profile."""
_SHOWN: Final = 5


def check_tls(reviewed: RuleSet, state: Graph, live: Graph, *, has_profiles: bool) -> CheckedItem:
    """Return the check of the TLS profile and of every rule's use of it.

    Args:
        reviewed: the policy that the stack's files build.
        state: the stack's recorded resources.
        live: the same, with the Controller's objects as they were read.
        has_profiles: whether the Controller's release has TLS profiles.
    """
    if not has_profiles:
        return CheckedItem(ID, WHAT, Status.NOT_TESTED, "a Controller before 8.2 has no TLS profiles", fix="upgrade the Controller")
    rules = list(iterate_rules(live))
    if not rules:
        return CheckedItem(ID, WHAT, Status.FAIL, "there is no rule of this stack", fix=_FIX)
    own = [str(one.get_output("id")) for one in state.find_by_type(kt.TLS_PROFILE)]
    wanted = {rule.name: rule for rule in reviewed.rules}
    decrypting = {str(block.get("tlsProfile")) for block in rules if (rule := wanted.get(str(block.get("name")))) and rule.decrypts}
    wrong = [*_find_profile_faults(reviewed, own, decrypting, live)]
    for block in rules:
        rule = wanted.get(str(block.get("name")))
        if rule is not None:  # an added or missing rule is what policy-is-live reports
            wrong += _find_rule_faults(rule, block, own)
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        return CheckedItem(ID, WHAT, Status.FAIL, f"{len(wrong)} differences", "; ".join(wrong[:_SHOWN]) + more, _FIX)
    verifying, opened = sum(rule.verify_sni for rule in reviewed.rules), sum(rule.decrypts for rule in reviewed.rules)
    return CheckedItem(ID, WHAT, Status.PASS, f"{verifying} rules verify server names, {opened} decrypt", ", ".join(own))


def _find_profile_faults(reviewed: RuleSet, own: list[str], decrypting: set[str], live: Graph) -> Iterator[str]:
    """Yield each field of the program's profiles that differs; `decrypting` are the profiles of rules that decrypt."""
    if any(rule.verify_sni for rule in reviewed.rules) and not own:
        yield "the state has no TLS profile"
    found = {str(one.get_output("id")): one for one in live.find_by_type(kt.TLS_PROFILE)}
    for ident in own:
        profile = found.get(ident)
        if profile is None:
            yield f"the Controller has no TLS profile {ident}"
            continue
        validation = get_certificate_validation(ident in decrypting).value
        for field, value in {"certificateValidation": validation, "verifySni": True, "caBundleId": ""}.items():
            found_value = profile.get_output(field)
            if ("" if found_value is None else found_value) != value:
                yield f"TLS profile {profile.get_output('displayName')}, {field}: {_show(value)} reviewed, {_show(found_value)} live"


def _show(value: Any) -> str:
    return "none" if value in ("", None) else str(value)


def _find_rule_faults(rule: Rule, block: Mapping[str, Any], own: list[str]) -> Iterator[str]:
    used = block.get("tlsProfile")
    if rule.verify_sni and used not in own:
        yield f"rule {rule.name} does not use a TLS profile of the stack ({used or 'none'})"
    elif not rule.verify_sni and used not in _NO_PROFILE:
        yield f"rule {rule.name} uses TLS profile {used}, which was not reviewed for it"
    decrypts = str(block.get("decryptPolicy")).upper() == _DECRYPTS
    if decrypts and not rule.decrypts:
        yield f"rule {rule.name} decrypts, and the reviewed rule does not"
    elif rule.decrypts and not decrypts:
        yield f"rule {rule.name} does not decrypt, and the reviewed rule does"


def iterate_rules(live: Graph) -> Iterator[Mapping[str, Any]]:
    """Yield the live rules, of policy groups and of the policy list."""
    for kind, key in ((kt.RULESET, "rules"), (kt.POLICY_LIST, "policies")):
        for one in live.find_by_type(kind):
            yield from (each for each in get_items(one.get_output(key)) if isinstance(each, dict))
