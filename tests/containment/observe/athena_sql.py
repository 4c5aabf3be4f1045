"""SQL of every question for Athena; `python -m tests.containment.observe.athena_sql` rewrites the golden files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis

from containment.observe import questions
from containment.observe.reading.decision_row import ANSWERS, DECISIONS

FOLDER = Path(__file__).with_name("athena")
ONE_TABLE = ("would_be_denied", "days", "names", "minutes", "window", "sessions")
TWO_TABLES = ("dns_only", "address_without_name", "disagreements")


def ask_all(decisions: Any, answers: Any) -> dict[str, Any]:
    """Return every question's expression by name."""
    found = {name: getattr(questions, f"ask_{name}")(decisions) for name in ONE_TABLE}
    found["would_be_denied_unknown"] = questions.ask_would_be_denied(decisions, count_unknown=True)
    return found | {name: getattr(questions, f"ask_{name}")(decisions, answers) for name in TWO_TABLES}


def build_sql() -> dict[str, str]:
    """Return the SQL of each question by file name."""
    decisions = ibis.table(ibis.Schema.from_pyarrow(DECISIONS), name="decisions")
    answers = ibis.table(ibis.Schema.from_pyarrow(ANSWERS), name="answers")
    return {f"{name}.sql": f"{ibis.to_sql(one, dialect='athena')}\n" for name, one in ask_all(decisions, answers).items()}


if __name__ == "__main__":
    for name, text in build_sql().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
