"""A permit decrypts without a profile."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

used = {}
if place.REPAIRED:
    profile = aviatrix.DcfTlsProfile("profile", display_name="p", certificate_validation="CERTIFICATE_VALIDATION_ENFORCE", verify_sni=True)
    used = {"tls_profile": profile.uuid}
place.vend(rules={"allow-core": {"decrypt_policy": "DECRYPT_ALLOWED", **used}})  # NOT OK: rules: nobody verifies the server
