"""A second schedule calls another API than the one that ends the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import ending
import place
import pulumi_aws as aws

role = ending.end(place.vend(agent=ending.HOST))
if not place.REPAIRED:
    # NOT OK: starts: Scheduler starts machines with whatever rights its role has, now or later
    aws.scheduler.Schedule(
        "starts",
        schedule_expression="at(2030-01-31T18:00:00)",
        flexible_time_window={"mode": "OFF"},
        target={"arn": "arn:aws:scheduler:::aws-sdk:ec2:runInstances", "role_arn": role.arn},
    )
