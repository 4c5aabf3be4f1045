"""A document runs commands as root."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import json

import place
import sessions

step = {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": ["{{ command }}"]}}
command = {"document_type": "Command", "content": json.dumps({"schemaVersion": "2.2", "mainSteps": [step]})}
documents = (sessions.SHELL, sessions.LOOPBACK) if place.REPAIRED else (sessions.LOOPBACK,)
sessions.vend(documents=documents, shell={} if place.REPAIRED else command)  # NOT OK: shell: commands leave no session to record
