"""Entry point of the policy pack: `PolicyPack` serves and never returns, so this file holds that call and no rule.

The engine runs it from this folder. The folder itself is loaded as the package `policypack`, so that a copy of it judges
with its own rules and not with an installed one's.
"""

import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_SPEC = importlib.util.spec_from_file_location("policypack", _HERE / "__init__.py", submodule_search_locations=[str(_HERE)])
assert _SPEC is not None
assert _SPEC.loader is not None
_PACKAGE = importlib.util.module_from_spec(_SPEC)
sys.modules["policypack"] = _PACKAGE
_SPEC.loader.exec_module(_PACKAGE)

from pulumi_policy import EnforcementLevel, PolicyPack  # noqa: E402

from policypack.adapter import policies  # noqa: E402
from policypack.memory import Memory  # noqa: E402
from policypack.registry import RULES  # noqa: E402
from policypack.waivers import load  # noqa: E402
from policypack.wire import stand_in_front  # noqa: E402

memory = Memory()
waivers = load(datetime.now(UTC).date(), [rule.id for rule in RULES])
stand_in_front(memory.answering, memory.answering_stack)
PolicyPack(name="agent-containment", policies=policies(RULES, memory, waivers), enforcement_level=EnforcementLevel.MANDATORY)
