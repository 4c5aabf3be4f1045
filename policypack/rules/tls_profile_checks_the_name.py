"""If the program has a TLS profile, the profile verifies server names and every permit by name uses it.

The client chooses the server name freely; only a profile with `verifySni` compares it with the certificate of the server that
answers. A program without a profile (Controllers before 8.2 have none) is not refused: its residual risks list this. A permit that
decrypts always needs a profile that also validates certificates: the gateway terminates the client's TLS, so the client cannot verify
the server itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.graph.known_types import TLS_PROFILE
from policypack.graph.plain_data import is_true
from policypack.graph.resources import Trace
from policypack.property_rule import Property, build_property_rule, is_set_and_not_surely_on

_KEY = "verifySni"
_VALIDATION, _ENFORCED = "certificateValidation", "CERTIFICATE_VALIDATION_ENFORCE"
_IDENTITIES = ("id", "uuid", "dcfTlsProfileId")


def _find_unprofiled(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield permits by name, or that decrypt, without a profile of the program or with one that cannot be seen."""
    judged = [
        (rule, rule.decrypts is not Ternary.NO, chain.graph.resolve(rule.owner, rule.key, rule.tls_profile, (TLS_PROFILE,), _IDENTITIES))
        for rule in chain.permits
        if rule.web_groups or rule.decrypts is not Ternary.NO
    ]
    # A program may verify names only where it must, which is where it decrypts: a profile that no other permit uses is not for all.
    opened, kept = (
        {profile.urn for _, decrypts, used in judged if decrypts is is_opened for profile in used.found} for is_opened in (True, False)
    )
    verifying = {profile.urn for profile in chain.graph.find_by_type(TLS_PROFILE) if is_true(profile.get(_KEY)) is Ternary.YES}
    is_there = bool(verifying - (opened - kept))
    for rule, decrypts, used in judged:
        if is_there and not used.found:
            yield Violation(rule.owner.urn, f"{rule.label} permits names and does not use the TLS profile that verifies them")
        elif decrypts and not used.found and used.trace is Trace.NONE:
            yield Violation(rule.owner.urn, f"{rule.label} decrypts TLS without a TLS profile: nobody verifies the server that answers")
        elif (
            decrypts and used.found and all(profile.get(_VALIDATION) != _ENFORCED for profile in used.found)
        ):  # one of several in a preview
            what = f"decrypts TLS with a profile whose {_VALIDATION} is not {_ENFORCED}: nobody verifies the server's certificate"
            yield Violation(rule.owner.urn, f"{rule.label} {what}")
        elif used.trace in (Trace.EXTERNAL, Trace.UNTRACED):
            shown = used.literal or "that cannot be traced"
            yield Violation(rule.owner.urn, f"{rule.label} uses TLS profile {shown}, not of this program: its settings cannot be seen")


RULE = build_property_rule(
    Rule(
        id="tls-profile-checks-the-name",
        severity=Severity.MEDIUM,
        info="If there is a TLS profile, it verifies server names and every permit by name uses it; a permit that decrypts needs one.",
        why="a client can send an approved name to any address: the allow-list then permits every host",
        fix="set verifySni: true in the profile, and set it as tlsProfile in every permit with WebGroups (Controller 8.2 and newer);"
        " give permits that decrypt a profile with certificateValidation: CERTIFICATE_VALIDATION_ENFORCE",
        scope=Scope.STATED_OR_PLACE,
    ),
    Property(type=TLS_PROFILE, key=_KEY, is_wrong=is_set_and_not_surely_on, what="accepts any server name that a client sends"),
    more=lambda graph: check_environment(graph, _find_unprofiled),
)
