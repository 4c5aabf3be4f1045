"""A permit of names leaves the profile out."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

checks = "CERTIFICATE_VALIDATION_NONE"
profile = aviatrix.DcfTlsProfile("profile", display_name="profile", certificate_validation=checks, verify_sni=True)
used = profile.uuid if place.REPAIRED else None
place.vend(rules={"allow-core": {"tls_profile": used}})  # NOT OK: rules: a claimed name goes to any address
