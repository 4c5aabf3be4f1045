"""Nobody says that the Controller's certificate is verified."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi
import pulumi_aviatrix as aviatrix

config = pulumi.Config("aviatrix")
where = {
    key: config.get(name) or "192.0.2.1"
    for key, name in (("controller_ip", "controllerIp"), ("username", "username"), ("password", "password"))
}
verified = {"verify_ssl_certificate": True} if place.REPAIRED else {}
aviatrix.Provider("controller", **where, **verified)  # NOT OK: controller: the provider's default is not to
place.vend()
