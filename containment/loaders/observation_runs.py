"""The note of the last scheduled observation of a stack: `last-run.json` in a folder per stack, next to the dated results.

The note contains the digest of the result that it names, so that a result that is missing, cut or edited is no observation.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from containment.errors import InputError, Problem
from containment.fixes.model_findings import summarize_findings

LAST_RUN: Final = "last-run.json"
_MOST_BYTES: Final = 1 << 20
_NAME: Final = re.compile(r"[0-9TZ]+\.json")
_WHY: Final = "no review of the stack's traffic is known"


class ObservationRun(BaseModel):
    """One scheduled observation: when it was, what it read, and what it found.

    `evidence` is the file of the result in the same folder, `window_end` the time of the newest log line, `is_judged` whether the logs had
    decisions of the gateway, `would_be_denied` the number of destinations that enforce mode would deny.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    schema_: Annotated[Literal["containment-observe-run/v1"], Field(alias="schema")] = "containment-observe-run/v1"
    stack: str
    at: AwareDatetime
    sources: tuple[str, ...]
    evidence: str
    sha256: str
    window_end: AwareDatetime | None
    is_judged: bool
    would_be_denied: Annotated[int, Field(ge=0)]


def find_results_folder(results: str, stack: str, folder: Path) -> Path:
    """Return the folder of a stack's results: below `observeResults`, which is relative to the project's folder."""
    return folder / Path(results).expanduser() / stack


def digest_result(text: str) -> str:
    """Return the digest of a result."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_last_run(folder: Path, stack: str, command: str) -> ObservationRun:
    """Return the last run of a stack.

    Args:
        folder: the stack's folder of results.
        stack: the stack.
        command: the command that observes it, for the fix.

    Raises:
        InputError: There is none, or it is not of this stack, or its result is not as it was written.
    """
    path = folder / LAST_RUN
    try:
        with path.open("rb") as file:
            run = ObservationRun.model_validate_json(file.read(_MOST_BYTES))
        if run.stack != stack:
            raise ValueError(f"is of the stack {run.stack}")
        if not _NAME.fullmatch(run.evidence):
            raise ValueError(f"names the result {run.evidence!r}, which is no file of its folder")
        result = (folder / run.evidence).read_text(encoding="utf-8")
        if digest_result(result) != run.sha256:
            raise ValueError(f"is of another {run.evidence}: the result was changed after it was written")
    except ValidationError as error:
        what = summarize_findings(error, ObservationRun)
        raise InputError("no observation", [Problem(str(path), f"cannot be used: {what}", _WHY, command)]) from None
    except FileNotFoundError as error:
        raise InputError("no observation", [Problem(str(error.filename), "does not exist", _WHY, command)]) from None
    except (OSError, ValueError) as error:
        what = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise InputError("no observation", [Problem(str(path), what, _WHY, command)]) from None
    return run
