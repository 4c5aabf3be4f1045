"""Threats of published frameworks (OWASP, MITRE ATLAS, NIST, ISO), with the rules and proofs that answer each.

Rules kept here:
- An entry is named with its framework's edition. The blueprint writes LLM01, LLM05, LLM06 and LLM08 by the numbering of OWASP's 2023 list;
  each of those leads to its successor in the list of 2025.
- The blueprint names NIST AI RMF's "Protect" and "Detect" functions: those belong to NIST's Cybersecurity Framework. The AI RMF has
  Govern, Map, Measure and Manage, and is cited by subcategory.
- A threat is answered by rules that decide its flows and by statements about every flow (`containment.analysis.proofs`). Threats that
  names and addresses cannot answer are residual risks (`containment.risk.kinds`).

Scenarios list the entries that they test (`containment.policy.scenario`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from containment.names import PolicyMode, RuleId
from containment.policy.scenario import Scenario


class Framework(StrEnum):
    """A published list, with the edition its entries are cited from."""

    OWASP_2023 = "OWASP Top 10 for LLM Applications, 2023 (1.1)"
    OWASP_2025 = "OWASP Top 10 for LLM Applications, 2025"
    ATLAS = "MITRE ATLAS"
    AI_RMF = "NIST AI RMF 1.0"
    ISO_42001 = "ISO/IEC 42001:2023, Annex A"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a framework; scenarios refer to it by `id`, and `since` has the ids that replaced it in a later edition."""

    id: str
    framework: Framework
    title: str
    since: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Threat:
    """A threat of the blueprint, or an added one: its entries, the rules that decide its flows, and the ids of its proofs."""

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
"""Entries for which proofs, packets and named decisions in a log are evidence, whatever the threat."""

THREATS: Final = (
    Threat(
        id="exfiltration",
        what="prompt injection or a compromised runtime sends data to an unapproved place",
        entries=(
            "OWASP-LLM01:2023",
            "OWASP-LLM01:2025",
            "OWASP-LLM06:2023",
            "OWASP-LLM02:2025",
            "MITRE-ATLAS-AML.T0051",
            "MITRE-ATLAS-AML.T0025",
            *_EVIDENCE,
        ),
        rules=(RuleId.DEFAULT_DENY, RuleId.PASTE_DENY),
        proofs=("only-approved-names", "only-named-tls-to-the-internet", "default-deny"),
        source="Aviatrix blueprint, threat context, first; its mapping to OWASP for LLM06",
    ),
    Threat(
        id="supply-chain",
        what="a malicious skill or dependency contacts its author, or installs more code",
        entries=("OWASP-LLM05:2023", "OWASP-LLM03:2025", "MITRE-ATLAS-AML.T0010", "NIST-AI-RMF-MANAGE-3.1", "ISO-42001-A.10.3", *_EVIDENCE),
        rules=(RuleId.DEFAULT_DENY, RuleId.PASTE_DENY),
        proofs=("only-approved-names", "default-deny", "no-dead-rule"),
        source="Aviatrix blueprint, threat context, first",
    ),
    Threat(
        id="shadow-model",
        what="the agent calls an unsanctioned model provider or API, with data from sanctioned sources",
        entries=("OWASP-LLM08:2023", "OWASP-LLM06:2025", "NIST-AI-RMF-MANAGE-2.4", "NIST-AI-RMF-MANAGE-3.1", "ISO-42001-A.9.4", *_EVIDENCE),
        rules=(RuleId.SHADOW_MODEL_DENY,),
        proofs=("shadow-models-out-of-reach", "enforced-today", "named-denies-first"),
        source="Aviatrix blueprint, threat context, second",
    ),
    Threat(
        id="dns-exfiltration",
        what="data is encoded in queries to a resolver outside, in plain DNS or over HTTPS",
        entries=("OWASP-LLM02:2025", "MITRE-ATLAS-AML.T0025", *_EVIDENCE),
        rules=(RuleId.DNS_EXFIL_UDP, RuleId.DNS_EXFIL_TCP, RuleId.DOH_DENY),
        proofs=("external-dns-out-of-reach",),
        source="Aviatrix blueprint, threat context, third",
    ),
    Threat(
        id="lateral-movement",
        what="a compromised agent reaches other private hosts and widens its blast radius",
        entries=("OWASP-LLM06:2025", "MITRE-ATLAS-AML.T0050", "NIST-AI-RMF-MANAGE-2.4", *_EVIDENCE),
        rules=(RuleId.EAST_WEST_DENY, RuleId.DEFAULT_DENY),
        proofs=("neighbours-out-of-reach",),
        source="Aviatrix blueprint, threat context, fourth",
    ),
)


def is_testing(scenario: Scenario, threat: Threat) -> bool:
    """Return whether a scenario tests a threat: it lists one of its entries, and expects one of its rules to decide in enforce."""
    return scenario.expect[PolicyMode.ENFORCE].rule in threat.rules and not set(threat.entries).isdisjoint(scenario.threats)


def get_entry(id_: str) -> Entry:
    """Return the entry with an id; raises KeyError for an unknown id."""
    return _BY_ID[id_]


_BY_ID: Final = {entry.id: entry for entry in ENTRIES}
