"""Findings about the account are archived before anyone reads them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
detector = aws.guardduty.Detector("detector")
does = "NOOP" if place.REPAIRED else "ARCHIVE"
finding = {"criterions": [{"field": "resource.resourceType", "equals": ["Instance"]}]}
# NOT OK: quiet: findings about hosts are archived unread
aws.guardduty.Filter("quiet", detector_id=detector.id, name="quiet", action=does, rank=1, finding_criteria=finding)
