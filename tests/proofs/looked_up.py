"""The compiled form's names, each looked up and compared with what every pattern of every rule says of it."""

from __future__ import annotations

import random

from containment.addresses.port_range import PortRange
from containment.analysis.classes.name_table import NameTable
from containment.names import Action, Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.flow import Application
from containment.policy.rules import ANYWHERE, Rule, RuleSet, WebGroup
from tests.proofs.generate import PATTERNS, URLS
from tests.proofs.witnessed import fits

NAMES = ("a", "b", "x", "a.b", "b.b", "x.x", "ab.b", "x.a.b", "b.a.b", "x.y.a.b", "xa.b", "zz", "q.zz", "x.a.b.zz", "long.name.a.b")
SPELLINGS = {"A.B.": "a.b", "X.A.B": "x.a.b"}
HTTPS = (PortRange(443, 443),)
REFUSED = ("no such name", "a..b", ".a.b")


def looked_up(rng: random.Random) -> None:
    """What matches a name for certain and what may, over TLS and HTTP; nothing matches what is no name."""
    groups, rules = {}, []
    for index in range(rng.randint(1, 6)):
        name = f"w{index}"
        patterns = tuple(map(DomainPattern, rng.sample(PATTERNS, rng.randrange(3))))
        urls = tuple(map(UrlPattern.parse, rng.sample(URLS, rng.randrange(3))))
        unsure = tuple(map(DomainPattern, rng.sample(PATTERNS, rng.randrange(2))))
        groups[name] = WebGroup(name, patterns if urls or unsure else (*patterns, DomainPattern("a.b")), urls, unsure)
        decrypts = rng.random() < 0.5
        rules.append(Rule(name, index, Action.DENY, ("all",), ("all",), Protocol.TCP, HTTPS, (name,), decrypts=decrypts))
    table = NameTable(RuleSet(tuple(rules), {"all": ANYWHERE}, groups))
    for said in (*NAMES, *SPELLINGS, None, ""):
        for application in (Application.TLS, Application.HTTP):
            expected = [_matches(groups[rule.name], rule, SPELLINGS.get(said or "", said), application) for rule in rules]
            must = sum(1 << index for index, (certain, _) in enumerate(expected) if certain)
            may = sum(1 << index for index, (certain, perhaps) in enumerate(expected) if certain or perhaps)
            assert table.find_rules(said, application) == (must, may), (said, application)
    for said in REFUSED:
        assert table.find_rules(said, Application.TLS) == (0, 0)


def _matches(group: WebGroup, rule: Rule, name: str | None, application: Application) -> tuple[bool, bool]:
    """Tell whether a group matches a name for certain, and whether it may."""
    if not name:
        return any(one.text == "*" for one in group.patterns), any(one.text == "*" for one in group.unsure)
    seen = application is Application.HTTP or rule.decrypts
    certain = any(fits(one.text, name, apex=False) for one in group.patterns)
    perhaps = any(fits(one.text, name, apex=True) for one in (*group.patterns, *group.unsure))
    return certain, perhaps or (seen and any(fits(url.host.text, name, apex=True) for url in group.urls))
