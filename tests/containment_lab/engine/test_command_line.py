"""The command line: one JSON object on stdout, exit codes that tell, secrets never in plain text, refusals by name."""

from __future__ import annotations

import json
import re
import runpy
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from kit import Bench

from containment.exit_code import Exit
from containment_lab.engine.runner import format_user_trace
from tests.support.warm import interpreter

KEYS = {"schema", "result", "changes", "violations", "steps", "outputs", "diagnostics"}


def run(bench: Bench, verb: str, program: str, *more: str) -> tuple[int, str, str]:
    """Run the command line; returns exit code, stdout and stderr."""
    with bench.start(verb, program, *more, python=interpreter()) as engine:
        out, err = engine.communicate(timeout=60)
        return engine.returncode, out, err


def run_json(bench: Bench, verb: str, program: str, *more: str) -> tuple[int, dict[str, Any], str]:
    code, out, err = run(bench, verb, program, "--json", *more)
    assert out.count("\n") == 1, out
    found: dict[str, Any] = json.loads(out)
    assert found.keys() == KEYS
    assert found["schema"] == "containment-lab/v1"
    assert (found["result"] == "succeeded") == (code == 0)
    return code, found, err


def test_json_is_the_only_thing_on_stdout_whatever_the_program_prints(bench: Bench) -> None:
    code, found, err = run_json(bench, "preview", "tells_secrets")
    assert code == Exit.ERROR
    assert "the token is" in err
    assert "ValueError" in found["diagnostics"][-1]["message"]


@pytest.mark.long
def test_secrets_are_never_in_plain_text(bench: Bench) -> None:
    for verb, program in (("up", "shows_secrets"), ("preview", "six"), ("up", "tells_secrets"), ("refresh", "six"), ("destroy", "six")):
        for more in ((), ("--json",)):
            _, out, err = run(bench, verb, program, *more)
            for each in ("s3cret", "hunter2"):
                assert each not in out, (verb, program)
                assert each not in err, (verb, program)
        state = bench.state_file.read_text()
        assert "s3cret" not in state
        assert "hunter2" not in state
    assert bench.state_file.stat().st_mode & 0o077 == 0


def test_exported_state_is_what_the_engine_keeps_and_secrets_come_back(bench: Bench) -> None:
    run(bench, "up", "shows_secrets", "--skip-preview")
    _, out, _ = run(bench, "export", "shows_secrets")
    deployment = json.loads(out)["deployment"]
    assert deployment == bench.state()
    assert deployment["secrets_providers"]["type"] == "passphrase"
    stack = next(each for each in deployment["resources"] if each["type"] == "pulumi:pulumi:Stack")
    assert re.fullmatch(r"v1:[\w+/=]+:[\w+/=]+", stack["outputs"]["token"]["ciphertext"])
    code, found, _ = run_json(bench, "up", "shows_secrets")
    assert (code, found["changes"], found["outputs"]["token"]) == (0, {"same": 2}, "[secret]")


def test_a_wrong_passphrase_is_one_clear_error(bench: Bench) -> None:
    run(bench, "up", "shows_secrets", "--skip-preview")
    bench.phrase = "other"
    code, _, err = run(bench, "up", "shows_secrets")
    assert code == Exit.ERROR
    assert "incorrect passphrase" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("program", "named"),
    [
        ("stack_transform", "stack transforms"),
        ("resource_transform", "transforms"),
        ("hooked", "resource hooks"),
        ("stack_reference", "stack references"),
        ("archive", "archives"),
        ("unserved", "no provider for package 'other'"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(bench: Bench, program: str, named: str) -> None:
    code, found, _ = run_json(bench, "preview", program)
    assert code == Exit.ERROR
    assert any(named in each["message"] for each in found["diagnostics"]), found["diagnostics"]


def test_a_violation_and_an_error_have_different_exit_codes(judged: Bench) -> None:
    bench = judged
    pack = ("--policy-pack", str(bench.root / "pack"))
    code, found, _ = run_json(bench, "preview", "red", *pack)
    assert code == Exit.VIOLATION
    assert [each["level"] for each in found["violations"]].count("mandatory") == 1
    assert run_json(bench, "preview", "raising", *pack)[0] == Exit.ERROR
    assert run_json(bench, "preview", "green", *pack)[0] == Exit.OK
    assert not bench.state_file.exists()


def test_a_pack_that_cannot_start_is_an_error_and_never_a_hang(judged: Bench) -> None:
    bench = judged
    pack, settings = bench.root / "pack", bench.root / "pack" / "PulumiPolicy.yaml"
    for runtime, named in (
        ("{name: python, options: {virtualenv: .nowhere}}", "virtualenv '.nowhere' does not exist"),
        ("nodejs", "'nodejs'"),
    ):
        settings.write_text(f"runtime: {runtime}\n")
        began = time.monotonic()
        code, found, _ = run_json(bench, "preview", "green", "--policy-pack", str(pack))
        assert code != Exit.OK
        assert named in found["diagnostics"][0]["message"]
        assert time.monotonic() - began < 10
    settings.write_text("runtime: python\n")
    (pack / "__main__.py").write_text("raise RuntimeError('no policies today')\n")
    code, found, _ = run_json(bench, "preview", "green", "--policy-pack", str(pack))
    assert code == Exit.ERROR
    assert "no policies today" in found["diagnostics"][0]["message"]


def test_a_check_that_raises_has_failed(judged: Bench) -> None:
    bench = judged
    (bench.root / "pack" / "__main__.py").write_text(
        "from pulumi_policy import *\n"
        "def broken(args, report): raise KeyError('oops')\n"
        "PolicyPack('p', [StackValidationPolicy('s', 'd', broken, EnforcementLevel.ADVISORY)])\n"
    )
    code, found, _ = run_json(bench, "preview", "green", "--policy-pack", str(bench.root / "pack"))
    assert code == Exit.ERROR
    assert "AnalyzeStack" in found["diagnostics"][-1]["message"]


def test_the_programs_error_is_its_own_frames_only(bench: Bench) -> None:
    _, found, _ = run_json(bench, "preview", "bad_import")
    message = found["diagnostics"][-1]["message"]
    assert "no_such_module" in message
    assert "__main__.py" in message
    assert "runner.py" not in message
    assert "/pulumi/" not in message


def test_a_virtualenv_inside_the_programs_folder_is_not_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep, main = tmp_path / ".venv" / "lib" / "pulumi" / "deep.py", tmp_path / "__main__.py"
    deep.parent.mkdir(parents=True)
    deep.write_text("def fail(): raise ValueError('no')\n")
    main.write_text(f"import runpy\nrunpy.run_path({str(deep)!r})['fail']()\n")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    with pytest.raises(ValueError, match="no") as failed:
        runpy.run_path(str(main))
    trace = format_user_trace(failed.value, str(tmp_path))
    assert "__main__.py" in trace
    assert 'deep.py", line' not in trace
    with pytest.raises(ValueError, match="no") as failed:
        runpy.run_path(str(deep))["fail"]()
    assert format_user_trace(failed.value.with_traceback(failed.tb.tb_next), str(tmp_path)) == "ValueError: no\n"


def test_wrong_usage_is_distinguished_from_failure(bench: Bench) -> None:
    assert run(bench, "preview", "six", "--config", "novalue")[0] == Exit.USAGE
    assert run(bench, "preview", "six", "--nonsense")[0] == Exit.USAGE
    (bench.root / "programs" / "Pulumi.yaml").write_text("name: conformance\nruntime: nodejs\n")
    code, _, err = run(bench, "preview", "six")
    assert code == Exit.USAGE
    assert "nodejs" in err


def test_a_preview_shows_the_tree_with_changed_properties_and_no_colours_in_a_pipe(bench: Bench) -> None:
    run(bench, "up", "replace_on", "--skip-preview")
    code, out, err = run(bench, "preview", "replace_on_changed", "--diff")
    assert code == Exit.OK
    assert "\x1b" not in out + err
    assert re.search(r"\+-\s+kit:index:Thing a \(replace\)\n\s+~\s+value: \"one\" => \"two\"", out), out
    assert "unchanged" in out.splitlines()[-1]
    assert "kit:index:Thing a (replace: ~value)" in run(bench, "preview", "replace_on_changed")[1]
    assert "\x1b[35m" in run(bench, "preview", "replace_on_changed", "--color", "always")[1]


@pytest.mark.slow
def test_overhead_stays_small(bench: Bench) -> None:
    run_json(bench, "preview", "nothing")
    began = time.monotonic()
    run_json(bench, "preview", "nothing")
    empty = time.monotonic() - began
    began = time.monotonic()
    assert run_json(bench, "preview", "sixty")[1]["changes"] == {"create": 61}
    assert time.monotonic() - began - empty < 2, "sixty resources: the engine's part is well under a second on an idle machine"
