"""Refuse enforce mode, destinations and waivers without a valid decision, if approvers.yaml names approvers for the class.

The files are those of the folder with Pulumi.yaml, which the program runs in. The pack has the same check as a rule.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG

from containment.config.destinations import list_permitted_entries
from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.approvers import FILE
from containment.loaders.presets import load_library
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.policy.rules import RuleSet
from policypack.decision_rule import list_waiver_subjects
from policypack.registry import RULES
from policypack.waivers import load_waivers


def refuse_undecided(spec: ContainmentSpec, ruleset: RuleSet, folder: Path = Path()) -> None:
    """Stop, before the first resource, with everything that has no valid decision."""
    if not (folder / FILE).exists() and not (folder / "decisions").exists():
        return
    from containment.record.digests import digest_ruleset
    from containment.record.gate import StackState, find_undecided, load_record
    from containment.record.shipped import load_shipped_entries
    from containment.record.subjects import list_catalog_subjects, list_entry_subjects

    prefix = f"{pulumi.get_project()}:"
    raw: dict[str, Any] = {key.removeprefix(prefix): value for key, value in CONFIG.get().items() if key.startswith(prefix)}
    now = datetime.now(UTC)
    watched = build_ruleset(replace(spec, config=spec.config.model_copy(update={"policy_mode": PolicyMode.MONITOR})))
    waivers = load_waivers(now.date(), [rule.id for rule in RULES])
    permitted = list_permitted_entries(spec.config, load_library(), spec.preset, spec.harness)
    state = StackState(
        stack=spec.stack,
        agent_class=spec.config.agent_class,
        is_enforced=spec.mode is PolicyMode.ENFORCE,
        # A decision may name the policy that was observed, which differs from this one in its mode only.
        policy_digests=(digest_ruleset(ruleset), digest_ruleset(watched)),
        entries=(
            *list_entry_subjects(raw, spec.stack),
            *list_catalog_subjects(permitted, load_shipped_entries()),
            *list_waiver_subjects(waivers, spec.stack),
        ),
    )
    try:
        problems = find_undecided(load_record(folder), state, now)
        if problems:
            raise InputError(f"{spec.stack} is not decided", problems)
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
