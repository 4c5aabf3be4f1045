"""Deny sets that a stack applies in monitor as well (`alwaysEnforce`): each is a deny set of the class, and fills a whole rule.

One rule denies one WebGroup, so sets of the same WebGroup are applied together or not at all.
"""

from __future__ import annotations

from containment.catalog.preset import Library, Preset
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.errors import Replacement
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.names import WebGroupId


def find_always_enforced(config: StackConfig, preset: Preset, library: Library, checks: Checks) -> frozenset[WebGroupId]:
    """Return the WebGroups whose denies are applied in every mode, and record a problem for each set that cannot be."""
    key = get_alias("always_enforce")
    if key in checks.wrong:
        return frozenset()
    known = [name for name in preset.deny_sets if name in library.sets]
    groups = dict[WebGroupId, None]()
    for place, name in enumerate(config.always_enforce):
        if name not in known:
            is_other = name in library.sets
            what = f"[{place}] is {'not a deny set of' if is_other else 'not a catalog set that is denied in'} {preset.name} ({name!r})"
            near = find_nearest(name, known)
            fix = make_proposal(name, known, "remove it")
            mends = None if near is None or near in config.always_enforce else Replacement((key, place), near)
            why = "only a deny of the class can be applied, and one that is not recognized would be watched"
            checks.report(f"{checks.file}:{key}", what, why, fix, mends)
            continue
        group = library.sets[name].web_group
        missing = [one for one in known if library.sets[one].web_group is group and one not in config.always_enforce]
        if missing:
            what = f"[{place}] ({name!r}) shares {group.value} with {', '.join(missing)}, which is not listed"
            checks.report(f"{checks.file}:{key}", what, "one rule denies the whole group", f"add {', '.join(missing)}")
        groups[group] = None
    return frozenset(groups)
