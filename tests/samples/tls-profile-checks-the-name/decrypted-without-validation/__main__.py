"""A permit decrypts with a profile that validates no certificate."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

checks = "CERTIFICATE_VALIDATION_ENFORCE" if place.REPAIRED else "CERTIFICATE_VALIDATION_NONE"
profile = aviatrix.DcfTlsProfile("profile", display_name="p", certificate_validation=checks, verify_sni=True)
# NOT OK: rules: the gateway takes any certificate, and the agent sees only the gateway's
place.vend(rules={"allow-core": {"decrypt_policy": "DECRYPT_ALLOWED", "tls_profile": profile.uuid}})
