"""The feature that is the firewall is switched off."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

place.vend()
# NOT OK: microseg: no rule of any stack is applied
aviatrix.ConfigFeature("microseg", feature_name="microseg", is_enabled=place.REPAIRED)
