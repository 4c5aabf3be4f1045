"""Runs a command in the agent's network with all rights of the caller: `python -m tests.deployment.confinement.outside STACK WORD...`."""

from __future__ import annotations

import os
import sys

from containment_lab.home import LabHome
from containment_lab.network.control import LabNetwork

words = LabNetwork(LabHome.find(), sys.argv[1]).build_privileged_command(sys.argv[2:])
os.execvp(words[0], words)
