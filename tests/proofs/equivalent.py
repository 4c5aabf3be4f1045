"""Changes of the analyser that alter no answer, each with the reason; `tests.proofs.bugs` tries them and expects them to survive."""

from __future__ import annotations

from typing import Final

EQUIVALENT: Final[dict[str, str]] = {}
