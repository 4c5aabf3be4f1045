"""SARIF 2.1.0 renderer (OASIS): one result per failed or inconclusive case, for code-scanning views."""

from __future__ import annotations

import hashlib
import json

from containment.preflight.finding import Status
from containment.queries.results import Answer

_LEVEL = {Status.FAIL: "error", Status.INCONCLUSIVE: "warning"}


def render(answer: Answer) -> str:
    """Return one SARIF log with one run."""
    open_cases = [case for case in answer.cases if case.status in _LEVEL]
    rules = {case.id: case.title for case in answer.cases}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": f"containment {answer.verb}",
                        "rules": [{"id": key, "shortDescription": {"text": title}} for key, title in sorted(rules.items())],
                    }
                },
                "results": [
                    {
                        "ruleId": case.id,
                        "level": _LEVEL[case.status],
                        "message": {"text": f"{case.title}\n{case.text}".strip()},
                        "locations": [{"logicalLocations": [{"fullyQualifiedName": case.where or answer.verb}]}],
                        "partialFingerprints": {"case/v1": _make_fingerprint(case.id, case.where, case.text)},
                    }
                    for case in open_cases
                ],
                "invocations": [{"executionSuccessful": True, "exitCode": int(answer.exit)}],
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _make_fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
