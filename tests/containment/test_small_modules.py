"""A small module has several importers or starts a program; otherwise its text belongs to the module that needs it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator

import pytest

from tests.containment.test_rooms import LISTS
from tools.sources import ROOT, Source, read_sources

FEWEST_LINES = 50


def find_small_modules(sources: Iterable[Source], scripts: Collection[str] = ()) -> dict[str, str]:
    """Return path -> what to do for each small module with at most one importer.

    Args:
        sources: every file that may be such a module or import one.
        scripts: modules that an installed command starts.
    """
    modules = {name_module(source.path): source for source in sources}
    trees = {name: ast.parse(source.code) for name, source in modules.items()}
    importers: dict[str, set[str]] = {name: set() for name in modules}
    exempt = {*scripts, *(name for name, tree in trees.items() if has_main_block(tree))}
    for name, tree in trees.items():
        exempt |= {other for pattern in find_loaded_names(tree, name) for other in modules if is_loaded(other, pattern, tree)}
        for imported in find_imports(tree):
            importers.get(imported, set()).add(name)
    found = {}
    for name, source in modules.items():
        folder, _, file = source.path.rpartition("/")
        is_small = len(source.code.splitlines()) < FEWEST_LINES and file not in ("__init__.py", "__main__.py") and folder not in LISTS
        if is_small and name not in exempt and len(importers[name]) < 2:
            home = "".join(importers[name])
            found[source.path] = f"{home} alone imports it: merge the two, or move more here" if home else "nothing imports it"
    return found


def name_module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def has_main_block(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'" for node in tree.body)


def find_imports(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module imports, also inside functions; of `from a import b` both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, "imports are absolute"
            assert node.level == 0, "imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find_loaded_names(tree: ast.Module, name: str) -> Iterator[re.Pattern[str]]:
    """Yield the form of each name that a module passes to `import_module`, with a group for each part that varies."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and isinstance(node.args[0], ast.JoinedStr):
            parts = (part.value for part in node.args[0].values if isinstance(part, ast.Constant | ast.FormattedValue))
            yield re.compile("".join(re.escape(part) if isinstance(part, str) else _form(part, name) for part in parts))


def _form(part: object, name: str) -> str:
    return re.escape(name) if isinstance(part, ast.Name) and part.id == "__name__" else "(.+)"


def is_loaded(module: str, pattern: re.Pattern[str], tree: ast.Module) -> bool:
    """Return whether a module has the form of a loaded name, and the loader contains each part that varies as a text."""
    match = pattern.fullmatch(module)
    return match is not None and {*match.groups()} <= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


@pytest.mark.long
def test_a_small_module_has_several_importers_or_starts_a_program() -> None:
    commands = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert find_small_modules(read_sources(), {command.partition(":")[0] for command in commands.values()}) == {}


ONE = "from containment.logs import small\n"
BY_NAME = 'MODULES = {"first": "small"}\nimport_module(f"containment.logs.{MODULES[name]}")\n'
OWN_NAME = 'MODULES = {"first": "logs.small"}\nimport_module(f"{__name__}.{MODULES[name]}")\n'


@pytest.mark.parametrize(
    ("code", "importers", "is_found"),
    [
        ("X = 1\n" * 49, {"reader": ONE}, True),
        ("X = 1\n" * 50, {"reader": ONE}, False),
        ("X = 1\n", {}, True),
        ("X = 1\n", {"reader": ONE, "other": "import os\n"}, True),
        ("X = 1\n", {"reader": ONE, "other": "def read():\n    from containment.logs.small import X\n"}, False),
        ("X = 1\n", {"reader": ONE, "other": "import containment.logs.small\n"}, False),
        ('if __name__ == "__main__":\n    main()\n', {}, False),
        ("X = 1\n", {"reader": BY_NAME}, False),
        ("X = 1\n", {"__init__": OWN_NAME}, False),
        ("X = 1\n", {"reader": BY_NAME.replace("small", "other")}, True),
        ("X = 1\n", {"reader": BY_NAME.replace("logs.{", "host.{")}, True),
    ],
)
def test_a_small_module_with_one_importer_is_found(code: str, importers: dict[str, str], is_found: bool) -> None:
    readers = [Source(f"containment/{name}.py", "containment", text) for name, text in importers.items()]
    found = find_small_modules([Source("containment/logs/small.py", "containment/logs", code), *readers])
    assert ("containment/logs/small.py" in found) is is_found


def test_a_rule_and_the_start_of_a_command_may_be_small() -> None:
    sources = [Source(f"{name.replace('.', '/')}.py", "", "X = 1\n") for name in ("policypack.rules.one", "containment.command_line")]
    assert [*find_small_modules(sources, {"containment.command_line"})] == []
    assert [*find_small_modules(sources)] == ["containment/command_line.py"]
