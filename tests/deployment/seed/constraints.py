"""Seed 001's known constraints, read back: what was deployed handles each as the seed recommends."""

from __future__ import annotations

from ipaddress import ip_network

import yaml

from tests.deployment.lab import REPOSITORY
from tests.deployment.seed.read_back import Deployed, Row, all_but
from tests.deployment.seed.resources import user_data
from tests.deployment.seed.rules import APIS, internal_apis

FIRST_BOOT = (
    "Strict allow-lists can break first boot.\tDisable automated package bootstrap in enforce mode; use monitor mode or a pre-baked AMI."
)
HTTP = (
    "Some package mirrors use HTTP or non-SNI flows.\tPrefer internal artifact stores and HTTPS-only endpoints; many Ubuntu apt mirrors "
    "are HTTP."
)
NAMES = "Endpoint IPs and SaaS domains change.\tKeep WebGroups in Terraform and review updates by pull request."
DECRYPTION = "TLS decryption is sensitive.\tUse only when URL-path enforcement is required; scope narrowly and retest certificate pinning."
OWNERSHIP = (
    "Policy-list ownership can be global.\tSet <code>manage_controller_policy=false</code> or merge DCF policy centrally to avoid "
    "clobbering other blueprints."
)
PREPARED = "ami-00000000000022041"
CATALOG = REPOSITORY / "presets" / "catalog"


def installs_nothing(d: Deployed) -> bool:
    document = yaml.safe_load(user_data(d).partition("\n")[2])
    return not any(document.get(key) for key in ("packages", "package_update", "package_upgrade", "runcmd"))


def https_only(d: Deployed) -> bool:
    web = [rule for rule in d.rules if rule["action"] != "DENY" and rule.get("web_filters")]
    return bool(web) and all(
        [(r["lo"], r.get("hi", r["lo"])) for r in rule["port_ranges"]] == [(443, 443)] and rule["flow_app_requirement"] == "TLS_REQUIRED"
        for rule in web
    )


def names_are_reviewed(d: Deployed) -> bool:
    """WebGroups hold names, no addresses, and the shared ones hold exactly what the reviewed files say."""
    for group, expressions in d.groups.items():
        for name in (expression["snifilter"] for expression in expressions if "snifilter" in expression):
            try:
                ip_network(name)
            except ValueError:
                continue
            raise AssertionError(f"{group} holds the address {name}")
    for group, file in (("wg-unapproved-model-providers", "unapproved-models"), ("wg-doh-resolvers", "doh-resolvers")):
        reviewed = {entry["pattern"] for entry in yaml.safe_load((CATALOG / f"{file}.yaml").read_text(encoding="utf-8"))["entries"]}
        assert d.domains(group) == {name.replace("{region}", "us-east-1") for name in reviewed}
    return True


def decrypted(d: Deployed) -> list[str]:
    return [rule["name"] for rule in d.rules if rule.get("decrypt_policy") == "DECRYPT_ALLOWED"]


def decrypts_one_path(d: Deployed) -> bool:
    rule = d.rule("allow-decrypted-urls")
    assert decrypted(d) == [rule["name"]]
    assert (rule["priority"], rule["action"], d.names_of(rule["dst_ads"])) == (29, "INTRUSION_DETECTION_PERMIT", ["Public Internet"])
    assert d.names_of(rule["web_filters"]) == ["wg-decrypted-urls"]
    return d.groups["wg-decrypted-urls"] == [{"urlfilter": "api.acme.example/v1/*"}]


def owns_only_its_own_place(d: Deployed) -> bool:
    """The Controller's list is nobody's, and this stack's ruleset hangs on the point that is named after it."""
    (ruleset,) = [found for found in d.inventory["rulesets"].values() if found["name"] == d.prefix]
    point = d.inventory["attachment_points"][f"agents-{d.stack}"]
    return not d.inventory["policy_list"] and ruleset["attach_to"] == point["uuid"]


ROWS = (
    Row(FIRST_BOOT, installs_nothing),
    Row(FIRST_BOOT, lambda d: d.host["ImageId"] == PREPARED, modes=("enforce",)),
    Row(HTTP, https_only),
    Row(HTTP, internal_apis, APIS),
    Row(NAMES, names_are_reviewed),
    Row(DECRYPTION, lambda d: decrypted(d) == [], all_but("open-demo")),
    Row(DECRYPTION, decrypts_one_path, ("open-demo",)),
    Row(OWNERSHIP, owns_only_its_own_place),
)
