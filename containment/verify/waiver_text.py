"""The text of a waiver for a finding, as an entry of `policypack/waivers.yaml` that only needs its reason and owner.

Both are left as "...", which is no reason and no owner: an entry that is pasted and not thought about accepts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import yaml

from policypack.finding import Finding
from policypack.waivers import NOT_WAIVABLE

LONGEST: Final = timedelta(days=90)
"""How far away the end that is proposed is; a longer one is a decision of its own."""
_OPEN: Final = "..."


def waiver_text(finding: Finding, root: str, today: date) -> str:
    """Return the entry for a finding, or why there is none; `root` is the URN of the stack, for what concerns it as a whole."""
    if finding.id in NOT_WAIVABLE:
        return f"# {finding.id} cannot be waived: repair {(finding.where or root).rsplit('::', 1)[-1] or 'the stack'}"
    entry = {"rule": finding.id, "resource": finding.where or root, "reason": _OPEN, "owner": _OPEN, "until": today + LONGEST}
    return yaml.safe_dump([entry], sort_keys=False, width=1000).rstrip()


def waivers_text(findings: Iterable[tuple[Finding, str]], today: date) -> str:
    """Return the entries for findings, each once: the same waiver accepts all of a rule's findings at one resource."""
    return "\n".join(dict.fromkeys(waiver_text(finding, root, today) for finding, root in findings))
