"""Random states of a small place: sound rules, and one or more that may be too wide, drawn from a seed.

Group ids are known. A permit that is drawn may be sound (few addresses, names over TLS) or not; other rules may lose what they are
for (a deny that is watched, moved, narrowed or gone).
"""

from __future__ import annotations

import random
from typing import Any, Final

from policypack.firewall.effective_rules import get_effective_rules
from policypack.firewall.model_providers import PROVIDERS
from policypack.firewall.proof.decided_flows import find_decided_flow
from tests.policypack.firewall_holes import SOURCE, of, policies, smart_group, vended
from tests.policypack.stacks import ANYWHERE, INTERNET, Ref, Stack, rule, web_group

ALL_WEB: Final = "def000ad-0000-0000-0000-000000000002"
UNSEEN: Final = "5fb8a7a4-0000-4000-8000-000000000000"
EXPRESSIONS: Final[tuple[dict[str, Any], ...]] = (
    *(
        {"cidr": one}
        for one in (
            "10.8.0.0/24", "10.8.0.0/28", "10.9.0.0/20", "10.9.0.0/21", "10.9.8.0/21", "10.16.0.0/19", "10.0.0.0/8", "172.16.0.0/12",
            "192.168.4.0/22", "10.42.20.0/24", "10.42.0.0/16", "10.42.0.2/32", "10.42.0.3/32", "10.41.0.0/16", "0.0.0.0/0", "0.0.0.0/1",
            "8.8.8.8/32", "52.1.0.0/16", "198.51.100.0/24", "100.64.0.0/10", "169.254.0.0/16", "169.254.169.254/32", "127.0.0.0/8",
            "224.0.0.0/4", "2001:db8::/32", "::/0", "fd00::/120", "fe80::/10",
        )
    ),
    {"type": "vm", "tags": {"Env": "production"}},
    {"type": "vpc", "name": "production"},
    {"type": "subnet", "resId": "subnet-0a"},
    {"type": "vm", "region": "us-east-1"},
    {"type": "vm", "accountName": "production"},
    {"type": "k8s", "k8sClusterId": "cluster"},
    {"site": "office"},
    {"s2c": "office"},
    {"fqdn": "files.example.com"},
    {"external": "geo", "extArgs": {"country_iso_code": "SE"}},
)  # fmt: skip
"""Members of destination groups, sound ones first."""
SOUND_MEMBERS: Final = 5
NAMES: Final = ("files.example.com", "*.example.org", "api.github.com", "*.openai.com", "*.com", "*", *PROVIDERS[:2])
SOUND_NAMES: Final = 3
PORTS: Final = ((443, 443), (22, 22), (53, 53), (853, 853), (1, 443), (53, 65000), (50, 60), (443, 8443), (0, 65535), (8000, 8010))
APPLICATIONS: Final = ("TLS_REQUIRED", "TLS_REQUIRED", "APP_UNSPECIFIED", "NOT_TLS_REQUIRED", None)

Permit = dict[str, Any]


def drawn(rng: random.Random) -> Stack:
    """Return a place with up to three more permits and up to two changes to its own rules."""
    stack = vended(rng.choice(["enforce", "monitor"]), is_list=rng.random() < 0.5)
    for number in range(rng.choice([1, 1, 2, 3])):
        add_permit(rng, stack, f"drawn-{number}")
    for _ in range(rng.choice([0, 0, 1, 2])):
        change_rule(rng, stack)
    return stack


def add_permit(rng: random.Random, stack: Stack, name: str) -> Permit:
    """Add a permit to a place and return it; half of what is drawn is sound."""
    sound = rng.random() < 0.5
    members = [dict(rng.choice(EXPRESSIONS[: SOUND_MEMBERS if sound else None])) for _ in range(rng.choice([1, 1, 2]))]
    group = smart_group(stack, f"{name}-group", *members)
    to: list[Any] = rng.choice([[group], [group], [group], [INTERNET], [ANYWHERE], [group, INTERNET], [UNSEEN]])
    if sound:
        to = [group]
    made = rule(name, rng.randint(1, 205), "PERMIT", SOURCE, group, protocol=rng.choice(["TCP", "TCP", "UDP", "ANY", "ICMP"]))
    made |= {"dstSmartGroups": to, "portRanges": _ports(rng, made["protocol"])}
    if rng.random() < 0.4:
        names = rng.sample(NAMES[: SOUND_NAMES if sound else None], rng.choice([1, 2]))
        made |= {"webGroups": [web_group(stack, f"{name}-names", *names)], "flowAppRequirement": rng.choice(APPLICATIONS)}
        made |= {"dstSmartGroups": [INTERNET], "protocol": "TCP", "flowAppRequirement": "TLS_REQUIRED"} if sound else {}
        made["portRanges"] = [{"lo": 443, "hi": 443}] if sound or not made["portRanges"] else made["portRanges"]
    if rng.random() < 0.1:
        made["watch"] = True
    if not sound and rng.random() < 0.1:
        made["srcSmartGroups"] = [rng.choice([ANYWHERE, smart_group(stack, f"{name}-team", {"cidr": "10.99.0.0/24"})]), SOURCE]
    policies(stack).append({key: value for key, value in made.items() if value is not None})
    return policies(stack)[-1]


def _ports(rng: random.Random, protocol: str) -> list[dict[str, int]]:
    if protocol == "ICMP" or rng.random() < 0.15:
        return []
    return [{"lo": low, "hi": high} for low, high in rng.sample(PORTS, rng.choice([1, 1, 2]))]


def change_rule(rng: random.Random, stack: Stack) -> None:
    """Change one of the place's own rules, or leave it out."""
    one = rng.choice(policies(stack))
    kind = rng.randrange(7)
    if kind == 0 and len(policies(stack)) > 2:
        policies(stack).remove(one)
    elif kind == 1:
        one["watch"] = not one.get("watch")
    elif kind == 2:
        one["enforcement"] = rng.choice(["MONITOR", "DISABLE", "ENFORCE"])
    elif kind == 3:
        one["priority"] = rng.randint(1, 260)
    elif kind == 4:
        one["dstSmartGroups"] = [rng.choice([INTERNET, ANYWHERE, Ref("neighbours"), Ref("resolver"), *one["dstSmartGroups"]])]
    elif kind == 5:
        one["protocol"] = rng.choice(["TCP", "UDP", "ANY"])
    else:
        one["flowAppRequirement"] = rng.choice(["TLS_REQUIRED", "NOT_TLS_REQUIRED", "APP_UNSPECIFIED"])


def widen(rng: random.Random, stack: Stack, name: str) -> str:
    """Widen one field of a permit at its place (or weaken a deny ahead of it) and return what was done, "" when nothing can be."""
    permit = of(stack, name)
    fields = ["destination", "members", "source", "deny"]
    fields += ["protocol"] if permit["protocol"] != "ANY" else []
    fields += ["ports"] if permit["protocol"] not in ("ICMP",) and permit.get("portRanges") else []
    fields += ["application"] if permit.get("flowAppRequirement") in ("TLS_REQUIRED", "NOT_TLS_REQUIRED") else []
    fields += ["names"] if permit.get("webGroups") else []
    field = rng.choice(fields)
    if field == "destination":
        permit["dstSmartGroups"] = [*permit["dstSmartGroups"], rng.choice([ANYWHERE, INTERNET, Ref("neighbours"), UNSEEN])]
    elif field == "members":
        held = stack.props[f"{name}-group"]["selector"]["matchExpressions"]
        held.append(dict(rng.choice(EXPRESSIONS)))
    elif field == "source":
        permit["srcSmartGroups"] = [*permit["srcSmartGroups"], smart_group(stack, "more-sources", {"cidr": "10.98.0.0/24"})]
    elif field == "deny":
        return _weaken(rng, stack, permit)
    elif field == "protocol":
        permit["protocol"] = "ANY"
    elif field == "ports":
        _widen_ports(rng, permit)
    elif field == "application":
        permit.pop("flowAppRequirement")
    elif field == "names":
        return _widen_names(rng, stack, name, permit)
    return field


def _weaken(rng: random.Random, stack: Stack, permit: Permit) -> str:
    ahead = [one for one in policies(stack) if one["action"] == "DENY" and one["priority"] <= permit["priority"]]
    if not ahead:
        return ""
    rng.choice(ahead).update(rng.choice([{"watch": True}, {"enforcement": "DISABLE"}]))
    return "deny"


def _widen_ports(rng: random.Random, permit: Permit) -> None:
    block = rng.choice(permit["portRanges"])
    kind = rng.randrange(3)
    if kind == 0:
        block.update(lo=max(block["lo"] - rng.randint(0, 500), 0), hi=min(block["hi"] + rng.randint(0, 500), 65535))
    elif kind == 1:
        permit["portRanges"] = [*permit["portRanges"], {"lo": 8443, "hi": 8443}]
    elif not permit.get("webGroups"):  # without ports a WebGroup is none that the Controller takes
        permit["portRanges"] = []


def _widen_names(rng: random.Random, stack: Stack, name: str, permit: Permit) -> str:
    """Add names, or every name; leave out all names only of a permit that decides flows to Public Internet.

    A permit of few private addresses needs no names, and one that decides nothing opens nothing: what is refused for its names
    alone may then pass without them.
    """
    kind = rng.randrange(3)
    if kind == 0:
        stack.props[f"{name}-names"]["selector"]["matchExpressions"].append({"snifilter": rng.choice(NAMES)})
    elif kind == 1:
        permit["webGroups"] = [*permit["webGroups"], ALL_WEB]
    elif permit["dstSmartGroups"] == [INTERNET] and _decides(stack, name):
        permit.pop("webGroups")
    return "names"


def _decides(stack: Stack, name: str) -> bool:
    """Tell whether a permit decides any flow."""
    chain = get_effective_rules(stack.graph(known=True))
    return any(find_decided_flow(chain, one) is not None for one in chain.permits if one.name == name)
