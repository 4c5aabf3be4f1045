"""The host starts whatever container anyone on the network sends it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

start = "dockerd --host unix:///run/docker.sock" if place.REPAIRED else "dockerd -H tcp://0.0.0.0:2375"
place.vend(agent={"user_data": f"#!/bin/sh\n{start} &\n"})  # NOT OK: agent: others start programs on the host
