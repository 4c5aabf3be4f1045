"""The Controller's certificate is not verified."""

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
# NOT OK: controller: anybody in between is believed
aviatrix.Provider("controller", verify_ssl_certificate=place.REPAIRED, **where)
place.vend()
