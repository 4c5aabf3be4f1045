"""Which resource types a rule reads, from the source of the pack: the tokens and constants that its functions reach by name.

A function reaches what it names: other functions of its module, and what its module imports from the pack. A constant of
`known_types` or `known_doors` has the tokens in its value.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import policypack
from policypack.facts import ingress_services
from policypack.graph import known_types

PACK: Final = Path(policypack.__file__).parent
CONSTANTS: Final[Mapping[str, Any]] = {known_types.__name__: known_types, ingress_services.__name__: ingress_services}
TOKEN: Final = re.compile(r"(?:aws|aviatrix|tls):[\w-]+/\w+:\w+|pulumi:providers:\w+")
EVERYTHING: Final = "*"


def tokens_in(value: Any) -> Iterator[str]:
    """Yield every type token in a constant."""
    if isinstance(value, str):
        yield from TOKEN.findall(value)
    elif isinstance(value, Mapping):
        yield from (token for item in (*value.keys(), *value.values()) for token in tokens_in(item))
    elif isinstance(value, tuple | frozenset | list):
        yield from (token for item in value for token in tokens_in(item))


def types_read_by(rule_id: str) -> frozenset[str]:
    """Return the types that a rule's module reaches."""
    front, seen, found = [(f"policypack.rules.{rule_id.replace('-', '_')}", EVERYTHING)], set[tuple[str, str]](), set[str]()
    while front:
        reached = front.pop()
        if reached in seen:
            continue
        seen.add(reached)
        module, name = reached
        if module in CONSTANTS and name != EVERYTHING:
            found.update(tokens_in(getattr(CONSTANTS[module], name)))
        names, imported = _module(module)
        for used in set().union(*names.values()) if name == EVERYTHING else names.get(name, frozenset()):
            found.update(TOKEN.findall(used))
            if used in imported:
                front.append(imported[used])
            elif used in names:
                front.append((module, used))
    return frozenset(found)


@cache
def _module(module: str) -> tuple[Mapping[str, frozenset[str]], Mapping[str, tuple[str, str]]]:
    """Return what each top-level name of a module uses (names and texts), and where its imported names come from."""
    path = _path(module)
    names, imported = dict[str, frozenset[str]](), dict[str, tuple[str, str]]()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body if path else ():
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("policypack"):
            for one in statement.names:
                inner = f"{statement.module}.{one.name}"
                if inner in CONSTANTS:
                    imported |= {f"{one.asname or one.name}.{constant}": (inner, constant) for constant in vars(CONSTANTS[inner])}
                else:
                    imported[one.asname or one.name] = (inner, EVERYTHING) if _path(inner) else (str(statement.module), one.name)
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        used |= {ast.unparse(node) for node in ast.walk(statement) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
        texts = {node.value for node in ast.walk(statement) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        for name in _defined(statement):
            names[name] = frozenset(used | texts)
    return names, imported


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] if isinstance(statement, ast.AnnAssign) else []
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def _path(module: str) -> Path | None:
    inside = PACK / module.removeprefix("policypack").lstrip(".").replace(".", "/")
    return next((path for path in (inside.with_suffix(".py"), inside / "__init__.py") if path.is_file()), None)
