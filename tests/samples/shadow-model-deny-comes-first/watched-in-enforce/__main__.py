"""The deny only watches, and the host says enforce."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
base.rules(source, watch=not base.REPAIRED)  # NOT OK: rules: the deny is only watched
