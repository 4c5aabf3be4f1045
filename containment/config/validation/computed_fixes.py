"""Fixes that need more than the wrong value: a network that no other stack has, the nearest class, the nearest region."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from containment.config.other_stacks import OtherStack, collect_taken_networks
from containment.config.stack_config import StackConfig
from containment.config.validation.cross_checks import OTHER_PARTITIONS
from containment.errors import Problem, Replacement
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.fixes.networks import find_free_network, is_private, read_network


def complete_fixes(
    problems: Sequence[Problem],
    raw: Mapping[str, Any],
    config: StackConfig,
    classes: Collection[str],
    neighbours: Sequence[OtherStack],
    regions: Collection[str] | None,
    file: str,
) -> list[Problem]:
    """Return the problems, with fixes computed from more than the wrong value: a free network, a class, a region.

    Args:
        problems: the problems of one stack.
        raw: the stack's values by key.
        config: the same values, parsed.
        classes: the classes that a stack may name.
        neighbours: the other stacks, whose networks are taken.
        regions: the existing AWS regions, None where they are not known.
        file: the stack file, as the problems name it.
    """
    out = []
    for one in problems:
        match one.where.removeprefix(f"{file}:"):
            case "vpcCidr":
                out.append(_suggest_free_network(one, raw.get("vpcCidr"), collect_taken_networks(config, neighbours)))
            case "agentClass" if one.what.startswith(("is not a class", "is not the name")):
                out.append(_suggest_nearest(one, "agentClass", str(raw.get("agentClass")), sorted(classes), "name a class from presets/"))
            case "awsRegion" if regions is not None:
                regions = sorted(one for one in regions if not one.startswith(OTHER_PARTITIONS))
                otherwise = "write an AWS region such as us-east-1"
                out.append(_suggest_nearest(one, "awsRegion", str(raw.get("awsRegion")), regions, otherwise))
            case _:
                out.append(one)
    return out


def _suggest_nearest(problem: Problem, key: str, text: str, known: Sequence[str], otherwise: str) -> Problem:
    near = find_nearest(text, known)
    return problem._replace(fix=make_proposal(text, known, otherwise), replacement=None if near is None else Replacement((key,), near))


def _suggest_free_network(problem: Problem, raw: Any, taken: Sequence[IPv4Network]) -> Problem:
    free = find_free_network(raw if isinstance(raw, str) else str(StackConfig.model_fields["vpc_cidr"].default), taken, 16, 24)
    if free is None:
        return problem
    note = ", the next free /16" if "meets " in problem.what and free.prefixlen == 16 else ""
    if "meets " in problem.what and free.prefixlen > 16:
        note = f" ({free.supernet(new_prefix=16)} is the next free /16)"
    given = read_network(raw) if isinstance(raw, str) else None
    if given is not None and "meets " not in problem.what and given.prefixlen in range(16, 25) and is_private(given) and given != free:
        note = f" ({given} is taken)"
    if "RFC 1918" in problem.what:
        note = ", which is free, or another network inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
    return problem._replace(fix=f"set vpcCidr: {free}{note}", replacement=Replacement(("vpcCidr",), str(free)))
