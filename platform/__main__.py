"""Controller-wide objects, deployed once: DCF on, default action DENY with logging, one attachment point per agent stack.

DCF and the default action stay when this stack is destroyed: without them every network of the Controller would be open. Agent
stacks attach their rulesets to their attachment points and never write the Controller-wide list. With `decisionArchiveBucket` it also
deploys the archive of decision heads, which is kept as well (docs/approvals.md).
"""

import pulumi

from components.aviatrix.platform import Platform, read_settings
from components.aws.decision_archive import DecisionArchive
from components.providers import create_aws_provider, create_controller_provider

settings = read_settings()
Platform("platform", settings, opts=pulumi.ResourceOptions(providers=[create_controller_provider(settings.version)]))
if settings.archive is not None:
    cloud = create_aws_provider(settings.archive.region, {})
    archive = DecisionArchive("archive", settings.archive.bucket, settings.archive.days, opts=pulumi.ResourceOptions(provider=cloud))
    pulumi.export("decisionArchive", archive.bucket)
