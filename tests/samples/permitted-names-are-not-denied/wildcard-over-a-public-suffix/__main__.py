"""Wildcards cover public suffixes, of the registries' section and of the private one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["docs.acme.co.uk", "acme.github.io"] if place.REPAIRED else ["*.co.uk", "*.github.io", "*.s3.amazonaws.com"]
# NOT OK: core: anybody can register a name under a public suffix
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
