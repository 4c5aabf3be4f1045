"""Entry point of the policy pack: register every rule and start the server, a call that never returns.

The engine runs this file from this folder. The folder itself is loaded as the package `policypack`, so that a copy of it judges
with the copied rules and not with those of an installed package.
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

from policypack.adapter import build_policies  # noqa: E402
from policypack.decision_rule import build_decision_rule, load_decisions  # noqa: E402
from policypack.graph.request_decoder import wrap_service  # noqa: E402
from policypack.registry import RULES  # noqa: E402
from policypack.request_memory import RequestMemory  # noqa: E402
from policypack.waivers import load_waivers  # noqa: E402

memory = RequestMemory()
waivers = load_waivers(datetime.now(UTC).date(), [rule.id for rule in RULES])
rules = (*RULES, build_decision_rule(load_decisions(), waivers))
wrap_service(memory.keep_request, memory.keep_stack)
PolicyPack(name="agent-containment", policies=build_policies(rules, memory, waivers), enforcement_level=EnforcementLevel.MANDATORY)
