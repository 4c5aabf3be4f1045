"""What the containment is there for, in the words of four frameworks, and what answers each threat: rules, and statements that are proved.

Rules:
- An entry is named with its framework's edition. The seeds write LLM01, LLM05, LLM06 and LLM08 by the numbering of OWASP's 2023 list;
  each of those leads to its successor in the list of 2025.
- The seeds speak of NIST AI RMF's "Protect" and "Detect" functions: those belong to NIST's Cybersecurity Framework. The AI RMF has
  Govern, Map, Measure and Manage, and is cited by subcategory.
- A threat is answered by rules that decide its flows and by statements about every flow (`containment.model.reach.proofs`). What names
  and addresses cannot answer is a residual risk, and not here.

It leaves out which scenarios try a threat: those name their threats themselves (`containment.model.scenario`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from containment.model.names import PolicyMode, RuleId
from containment.model.scenario import Scenario


class Framework(StrEnum):
    """A published list, with the edition its entries are cited from."""

    OWASP_2023 = "OWASP Top 10 for LLM Applications, 2023 (1.1)"
    OWASP_2025 = "OWASP Top 10 for LLM Applications, 2025"
    ATLAS = "MITRE ATLAS"
    AI_RMF = "NIST AI RMF 1.0"
    ISO_42001 = "ISO/IEC 42001:2023, Annex A"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a framework; `id` is how scenarios name it, `since` the ids that took its place in a later edition."""

    id: str
    framework: Framework
    title: str
    since: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Threat:
    """One of seed 001's threats (or ours): its entries, the rules that decide its flows, the statements that are proved about it."""

    id: str
    what: str
    entries: tuple[str, ...]
    rules: tuple[RuleId, ...]
    proofs: tuple[str, ...]
    source: str


ENTRIES: Final = tuple(
    Entry(*each)
    for each in (
        ("OWASP-LLM01:2023", Framework.OWASP_2023, "Prompt Injection", ("OWASP-LLM01:2025",)),
        ("OWASP-LLM05:2023", Framework.OWASP_2023, "Supply Chain Vulnerabilities", ("OWASP-LLM03:2025",)),
        ("OWASP-LLM06:2023", Framework.OWASP_2023, "Sensitive Information Disclosure", ("OWASP-LLM02:2025",)),
        ("OWASP-LLM08:2023", Framework.OWASP_2023, "Excessive Agency", ("OWASP-LLM06:2025",)),
        ("OWASP-LLM01:2025", Framework.OWASP_2025, "Prompt Injection"),
        ("OWASP-LLM02:2025", Framework.OWASP_2025, "Sensitive Information Disclosure"),
        ("OWASP-LLM03:2025", Framework.OWASP_2025, "Supply Chain"),
        ("OWASP-LLM06:2025", Framework.OWASP_2025, "Excessive Agency"),
        ("MITRE-ATLAS-AML.T0010", Framework.ATLAS, "AI Supply Chain Compromise"),
        ("MITRE-ATLAS-AML.T0025", Framework.ATLAS, "Exfiltration via Cyber Means"),
        ("MITRE-ATLAS-AML.T0050", Framework.ATLAS, "Command and Scripting Interpreter"),
        ("MITRE-ATLAS-AML.T0051", Framework.ATLAS, "LLM Prompt Injection"),
        ("NIST-AI-RMF-MEASURE-2.7", Framework.AI_RMF, "security and resilience are evaluated and documented"),
        ("NIST-AI-RMF-MANAGE-2.4", Framework.AI_RMF, "mechanisms to supersede, disengage or deactivate what acts outside its intended use"),
        ("NIST-AI-RMF-MANAGE-3.1", Framework.AI_RMF, "risks from third-party resources are monitored, and controls applied"),
        ("NIST-AI-RMF-MANAGE-4.1", Framework.AI_RMF, "post-deployment monitoring is implemented"),
        ("ISO-42001-A.6.2.6", Framework.ISO_42001, "AI system operation and monitoring"),
        ("ISO-42001-A.6.2.8", Framework.ISO_42001, "AI system recording of event logs"),
        ("ISO-42001-A.9.4", Framework.ISO_42001, "intended use of the AI system"),
        ("ISO-42001-A.10.3", Framework.ISO_42001, "suppliers"),
    )
)
"""Every entry that is cited, here or by a scenario."""

_EVIDENCE: Final = ("NIST-AI-RMF-MEASURE-2.7", "NIST-AI-RMF-MANAGE-4.1", "ISO-42001-A.6.2.6", "ISO-42001-A.6.2.8")
"""What proofs, packets and named decisions in a log are evidence for, whatever the threat."""

THREATS: Final = (
    Threat(
        "exfiltration",
        "prompt injection or a compromised runtime sends data to a place nobody approved",
        (
            "OWASP-LLM01:2023",
            "OWASP-LLM01:2025",
            "OWASP-LLM06:2023",
            "OWASP-LLM02:2025",
            "MITRE-ATLAS-AML.T0051",
            "MITRE-ATLAS-AML.T0025",
            *_EVIDENCE,
        ),
        (RuleId.DEFAULT_DENY, RuleId.PASTE_DENY),
        ("only-approved-names", "only-named-tls-to-the-internet", "default-deny"),
        "seed 001, threat context, first; seed 003 for LLM06",
    ),
    Threat(
        "supply-chain",
        "a malicious skill or dependency calls home, or installs more of itself",
        ("OWASP-LLM05:2023", "OWASP-LLM03:2025", "MITRE-ATLAS-AML.T0010", "NIST-AI-RMF-MANAGE-3.1", "ISO-42001-A.10.3", *_EVIDENCE),
        (RuleId.DEFAULT_DENY, RuleId.PASTE_DENY),
        ("only-approved-names", "default-deny", "no-dead-rule"),
        "seed 001, threat context, first",
    ),
    Threat(
        "shadow-model",
        "the agent calls a model provider or an API nobody sanctioned, with data from sanctioned sources",
        ("OWASP-LLM08:2023", "OWASP-LLM06:2025", "NIST-AI-RMF-MANAGE-2.4", "NIST-AI-RMF-MANAGE-3.1", "ISO-42001-A.9.4", *_EVIDENCE),
        (RuleId.SHADOW_MODEL_DENY,),
        ("shadow-models-out-of-reach", "enforced-today", "named-denies-first"),
        "seed 001, threat context, second",
    ),
    Threat(
        "dns-exfiltration",
        "data is encoded in queries to a resolver outside, in plain DNS or over HTTPS",
        ("OWASP-LLM02:2025", "MITRE-ATLAS-AML.T0025", *_EVIDENCE),
        (RuleId.DNS_EXFIL_UDP, RuleId.DNS_EXFIL_TCP, RuleId.DOH_DENY),
        ("external-dns-out-of-reach",),
        "seed 001, threat context, third",
    ),
    Threat(
        "lateral-movement",
        "a compromised agent reaches neighbours and widens its blast radius",
        ("OWASP-LLM06:2025", "MITRE-ATLAS-AML.T0050", "NIST-AI-RMF-MANAGE-2.4", *_EVIDENCE),
        (RuleId.EAST_WEST_DENY, RuleId.DEFAULT_DENY),
        ("neighbours-out-of-reach",),
        "seed 001, threat context, fourth",
    ),
)


def tries(scenario: Scenario, threat: Threat) -> bool:
    """Tell whether a scenario tries a threat: it names one of its entries, and one of its rules is to decide."""
    return scenario.expect[PolicyMode.ENFORCE].rule in threat.rules and not set(threat.entries).isdisjoint(scenario.threats)


def named(id_: str) -> Entry:
    """Return the entry of an id; raises KeyError when nothing here is called so."""
    return _BY_ID[id_]


_BY_ID: Final = {entry.id: entry for entry in ENTRIES}
