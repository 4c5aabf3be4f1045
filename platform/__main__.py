"""What one Controller has once: DCF on, default action DENY and logged, one attachment point an agent stack.

DCF and the default action stay when this stack is destroyed: taking them away would open every network on the
Controller. Agent stacks hang their own rules on their own points and never write the Controller-wide list.
"""

import pulumi

from components.platform import Platform, read_settings
from components.providers import controller

settings = read_settings()
Platform("platform", settings, opts=pulumi.ResourceOptions(providers=[controller(settings.version)]))
