"""The provider verifies the Controller's certificate, because it sends a password there and trusts the answers.

The provider's default is not to verify, so in a complete agent environment an unset value is a violation. The rule reads the
provider itself, whether the program or the configuration creates it.
"""

from __future__ import annotations

from policypack.finding import Rule, Scope, Severity
from policypack.graph.known_types import AVIATRIX_PROVIDER
from policypack.property_rule import Property, build_property_rule, is_possibly_off

RULE = build_property_rule(
    Rule(
        id="controller-certificate-is-verified",
        severity=Severity.HIGH,
        info="The Aviatrix provider verifies the Controller's certificate.",
        why="anyone between the program and the Controller can read its password, and can report a policy as applied that is not",
        fix="set aviatrix:verifySslCertificate to true, and aviatrix:pathToCaCertificate when the certificate is of your own authority",
        scope=Scope.STATED_OR_PLACE,
    ),
    Property(
        type=AVIATRIX_PROVIDER,
        key="verifySslCertificate",
        is_wrong=is_possibly_off,
        what="does not verify the Controller's certificate",
        default="off",
    ),
)
