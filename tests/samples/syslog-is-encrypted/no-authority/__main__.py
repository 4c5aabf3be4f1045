"""Logs go over TCP with no authority to trust, so in clear."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

CA = "-----BEGIN CERTIFICATE-----\nsample\n-----END CERTIFICATE-----\n"
trusted = {"ca_certificate_file": CA} if place.REPAIRED else {}
# NOT OK: collector: without a CA there is no TLS
aviatrix.RemoteSyslog("collector", index=1, name="collector", server="logs.example.com", port=6514, **trusted)
place.vend()
