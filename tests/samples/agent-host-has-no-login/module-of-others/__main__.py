"""A key of cloud-init joins the host to somebody's tunnel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

tunnel = """
wireguard:
  interfaces:
  - name: wg0
    config_path: /etc/wireguard/wg0.conf
    content: |
      [Peer]
      Endpoint = 203.0.113.7:51820
"""
text = "#cloud-config\ntimezone: UTC\n" + ("" if place.REPAIRED else tunnel)
place.vend(agent={"user_data": text})  # NOT OK: agent: whoever has the other end of the tunnel is in the network
