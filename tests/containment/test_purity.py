"""The model is pure: it imports nothing that reaches outside, asks no clock or environment, and answers the same every time."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import containment

FOLDER = Path(containment.__file__).parent
ROOMS = (
    "addresses",
    "analysis",
    "catalog",
    "config",
    "credential_gateway",
    "fixes",
    "iam",
    "patterns",
    "policy",
    "risk",
    "sandbox",
    "sessions",
    "tool_scopes",
)
"""The pure packages of `containment`."""
ALONE = ("errors", "exit_code", "names", "reviewed_data", "strict_json", "ternary")
FILES = sorted([FOLDER / f"{name}.py" for name in ALONE] + [path for room in ROOMS for path in (FOLDER / room).rglob("*.py")])
MODULES = [".".join(path.relative_to(FOLDER.parent).with_suffix("").parts).removesuffix(".__init__") for path in FILES]
ALLOWED = {
    "__future__",
    "bisect",
    "collections.abc",
    "confusable_homoglyphs",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "idna",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "operator",
    "pkgutil",
    "pydantic",
    "pydantic.alias_generators",
    "pydantic.fields",
    "pydantic_core",
    "publicsuffixlist",
    "re",
    "types",
    "typing",
    "unicodedata",
    "uuid",
}
OUTSIDE = {
    "pulumi",
    "pulumi_aws",
    "pulumi_aviatrix",
    "pulumi_policy",
    "boto3",
    "botocore",
    "grpc",
    "requests",
    "ssl",
    "yaml",
    "typer",
    "moto",
}
CLOCK_OR_ENVIRONMENT = {"now", "today", "utcnow", "environ", "getenv", "uuid1", "uuid4", "open", "__import__", "eval", "exec"}
"""What the modules on the list would still offer; `time`, `os` and `random` are not on it."""


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides what is imported"
            yield from ((f"{node.module}.{name.name}" for name in node.names) if node.module == "containment" else [str(node.module)])


def run(code: str, hash_seed: str = "0") -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_module_imports_only_what_is_on_the_list(path: Path) -> None:
    names = set(imported(ast.parse(path.read_text())))
    foreign = {name for name in names if name not in ALLOWED and name not in MODULES}
    assert not foreign


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_module_reads_no_clock_environment_or_file(path: Path) -> None:
    tree = ast.parse(path.read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not used & CLOCK_OR_ENVIRONMENT


def test_importing_every_module_loads_nothing_that_reaches_outside() -> None:
    code = f"""
import sys, json, pydantic, pydantic.alias_generators, idna, ipaddress, datetime
pydantic.create_model("Warm", place=(ipaddress.IPv4Network, ...), day=(datetime.date, ...)).model_validate(
    {{"place": "10.0.0.0/8", "day": "2026-01-01"}}
)
before = set(sys.modules)
for name in {MODULES!r}:
    __import__(name)
after = set(sys.modules)
print(json.dumps([sorted(after), sorted(after - before)]))
"""
    loaded, added = json.loads(run(code))
    assert not OUTSIDE & {name.split(".")[0] for name in loaded}
    # pydantic itself loads `socket` by way of importlib.metadata's e-mail parser; the model adds nothing to that.
    assert not {"socket", "_socket", "selectors", "asyncio", "subprocess", "http", "urllib.request", "time"} & set(added)
    assert {name for name in added if name.startswith("containment")} >= set(MODULES)


ANSWER = """
import sys
from containment.loaders.presets import load_library
from containment.policy.invariants import find_broken_invariants
from containment.policy.builder import build_ruleset
from containment.config.spec import resolve

library = load_library()

def refuse(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.", "urllib.")) or event == "open":
        raise SystemExit(f"the model asked for {event} {arguments}")

sys.addaudithook(refuse)
for mode in ("monitor", "enforce"):
    config = {"awsAccessAccount": "a", "agentImageId": "ami-00000000", "policyMode": mode, "tags": {"b": "1", "a": "2"}}
    spec = resolve(config, library, f"coding-{mode}")
    ruleset = build_ruleset(spec)
    print([*ruleset.rules], [*ruleset.smart_groups.items()], [*ruleset.web_groups.items()], find_broken_invariants(spec, ruleset))
"""


def test_resolving_and_deciding_opens_no_file_socket_or_process() -> None:
    assert "shadow-model-deny" in run(ANSWER)


def test_the_policy_is_the_same_whatever_the_hash_seed() -> None:
    assert run(ANSWER, "1") == run(ANSWER, "2")
