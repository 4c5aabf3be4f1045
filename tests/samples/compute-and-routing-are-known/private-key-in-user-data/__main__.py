"""A private key of the program is written into user data of the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
key = pulumi.CustomResource("tls:index/privateKey:PrivateKey", "key", {"algorithm": "ED25519"})
text = pulumi.Output.concat("#cloud-config\nfinal_message: ", "done" if base.REPAIRED else key.id, "\n")
# NOT OK: agent: whoever is on the host, or may describe it, reads the key
base.agent(subnet, user_data=text)
