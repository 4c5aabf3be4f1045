"""A document forwards to any host that the agent host reaches."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

content = sessions.forwarding(**({} if place.REPAIRED else {"host": "{{ host }}"}))
sessions.vend(shell={"content": content})  # NOT OK: shell: the agent host becomes a way into its network
