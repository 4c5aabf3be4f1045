"""The default document opens a root shell without a record."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

default = f"arn:aws:ssm:{place.REGION}:{place.ACCOUNT}:document/SSM-SessionManagerRunShell"
documents = (sessions.SHELL,) if place.REPAIRED else (sessions.SHELL, default)
sessions.vend(documents=documents)  # NOT OK: operators: the document of the account is not in this program
