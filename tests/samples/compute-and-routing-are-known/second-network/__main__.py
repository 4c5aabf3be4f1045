"""The host has an interface in a network next to the VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

card = {"network_card_index": 1, "device_index": 1, "interface_type": "secondary", "secondary_subnet_id": "ss-0123456789abcdef0"}
# NOT OK: agent: no route and no firewall of the VPC is for that network
place.vend(agent={"secondary_network_interfaces": None if place.REPAIRED else [card]})
