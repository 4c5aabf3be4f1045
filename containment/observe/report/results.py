"""Dated results of scheduled observation, and the note of the last run, which `preflight` reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from containment.files.output_files import write_whole
from containment.loaders.observation_runs import LAST_RUN, ObservationRun, digest_result
from containment.observe.evidence import render_evidence
from containment.observe.observation import Observation


def write_result(found: Observation, stack: str, sources: Sequence[str], folder: Path, now: datetime) -> Path:
    """Write a dated result and the note of the run, each whole or not at all; return the result's path.

    The note is written last: it never names a result that does not exist.

    Args:
        found: The observation.
        stack: The stack.
        sources: What was read.
        folder: The stack's folder of results; it is created.
        now: The time of the run.
    """
    evidence = found.evidence
    text = render_evidence(evidence)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    run = ObservationRun(
        stack=stack,
        at=now,
        sources=tuple(sources),
        evidence=path.name,
        sha256=digest_result(text),
        window_end=evidence.window.end,
        is_judged=found.judged > 0,
        would_be_denied=len({one.name for one in evidence.would_be_denied}),
    )
    write_whole(path, text)
    write_whole(folder / LAST_RUN, run.model_dump_json(by_alias=True, indent=2) + "\n")
    return path
