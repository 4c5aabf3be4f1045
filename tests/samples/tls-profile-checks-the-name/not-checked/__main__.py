"""The TLS profile takes any server name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
base.rules(base.agents_group())
checks = "CERTIFICATE_VALIDATION_NONE"
# NOT OK: profile: the name is the client's claim
aviatrix.DcfTlsProfile("profile", display_name="profile", certificate_validation=checks, verify_sni=base.REPAIRED)
