"""A place's host is in a group of another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

# NOT OK: agent: what it lets in cannot be seen
place.vend(agent={} if place.REPAIRED else {"vpc_security_group_ids": ["sg-0123456789abcdef0"]})
