"""JSON renderer, schema `containment-<verb>/v1`: one object; within a version keys are only added."""

from __future__ import annotations

import json

from containment.queries.results import Answer


def render(answer: Answer) -> str:
    """Return one JSON object."""
    if answer.document is not None:
        return json.dumps(answer.document, indent=2)
    document = {
        "schema": f"containment-{answer.verb}/v1",
        "headline": answer.headline,
        "exitCode": int(answer.exit),
        **answer.data,
        "cases": [
            {"id": case.id, "title": case.title, "status": case.status.case_word, "where": case.where, "text": case.text}
            for case in answer.cases
        ],
        "assumptions": list(answer.assumptions),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
