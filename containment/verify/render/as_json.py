"""JSON, schema `containment-<verb>/v1`: one object; keys are only ever added within a version."""

from __future__ import annotations

import json

from containment.verify.answers import Answer


def render(answer: Answer) -> str:
    """Return one JSON object."""
    document = {
        "schema": f"containment-{answer.verb}/v1",
        "headline": answer.headline,
        "exitCode": int(answer.exit),
        **answer.data,
        "cases": [
            {"id": case.id, "title": case.title, "status": case.status.value, "where": case.where, "text": case.text}
            for case in answer.cases
        ],
        "assumptions": list(answer.assumptions),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
