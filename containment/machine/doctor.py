"""Checks of this machine before a deployment; read-only.

Rules kept here: a check that cannot run is SKIPPED with its reason, never PASS; a check that raises an exception is FAIL. Checks of a
live account and Controller are in `registry`.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from containment.extras import LAB
from containment.loaders import strict_yaml
from containment.machine.data_plane import data_plane_checks
from containment.preflight.finding import Finding, Status
from containment.preflight.untried_items import PAGE, format_counts
from containment.programs import find_program

PACKAGES = ("pulumi", "pulumi-aws", "pulumi-aviatrix", "pulumi-policy", "pydantic", "boto3")
"""Packages without which nothing works."""


def examine(root: Path = Path()) -> list[Finding]:
    """Return every finding about this machine and the checkout at `root`."""
    out: list[Finding] = []
    for check in (
        _check_python,
        _check_packages,
        _check_virtualenvs,
        _check_pulumi_cli,
        _check_passphrase,
        _check_aws_credentials,
        _check_previews,
        *data_plane_checks(),
        _check_library,
        _check_real_systems,
    ):
        out += _run_check(check, root)
    return out


def _run_check(check: Callable[[Path], Iterator[Finding]], root: Path) -> list[Finding]:
    try:
        return list(check(root))
    except Exception as error:  # noqa: BLE001 - a check that raises has failed, and its report line has the reason
        return [
            Finding(
                check.__name__.strip("_").removeprefix("check_").replace("_", " "),
                Status.FAIL,
                f"the check itself failed: {error!r}",
                "report this",
            )
        ]


def _check_python(_: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    yield Finding("python", Status.PASS if ok else Status.FAIL, version, "use Python 3.11 or newer")


def _check_packages(_: Path) -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(f"package {name}", Status.PASS, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(f"package {name}", Status.FAIL, "is not installed here", "run `make setup`")
    yield from _lab_packages()
    from importlib.util import find_spec

    found = find_spec("pulumi_aviatrix")
    ours = found is not None and found.origin is not None and "sdks" in Path(found.origin).parts
    detail = "from sdks/aviatrix" if ours else f"comes from {found.origin if found else 'no known place'}"
    yield Finding(
        "aviatrix SDK",
        Status.PASS if ours else Status.WARN,
        detail,
        "the package index's own pulumi-aviatrix has no DCF resources: `make setup`",
    )


def _lab_packages() -> Iterator[Finding]:
    """Yield one finding for the extra `lab`; an installation without it is complete but for the lab."""
    if problem := LAB.find_problem():
        yield Finding("package moto", Status.SKIPPED, problem, LAB.fix)
    else:
        yield Finding("package moto", Status.PASS, importlib.metadata.version("moto"))


def _check_virtualenvs(root: Path) -> Iterator[Finding]:
    """Check the virtualenvs that YAML files name: without one the Pulumi CLI stops responding at "Loading policy packs"."""
    for file in ("Pulumi.yaml", "platform/Pulumi.yaml", "policypack/PulumiPolicy.yaml"):
        path = root / file
        if not path.exists():
            yield Finding(f"virtualenv of {file}", Status.SKIPPED, "there is no such file here", "run doctor in the repository's folder")
            continue
        try:
            project = strict_yaml.read(path)
        except (OSError, ValueError) as error:
            yield Finding(f"virtualenv of {file}", Status.FAIL, f"the file cannot be read: {error}", "correct the file")
            continue
        runtime = project.get("runtime") if isinstance(project, dict) else None
        options = runtime.get("options", {}) if isinstance(runtime, dict) else {}
        if not (name := options.get("virtualenv")):
            yield Finding(f"virtualenv of {file}", Status.WARN, "none is set: python3 from PATH is used", "set the project's .venv")
            continue
        there = (path.parent / name / "bin" / "python").exists()
        fix = "run `make setup`; without it the Pulumi CLI never responds, not even to SIGTERM"
        yield Finding(f"virtualenv of {file}", Status.PASS if there else Status.FAIL, name if there else f"{name} does not exist", fix)


def _check_pulumi_cli(_: Path) -> Iterator[Finding]:
    path = find_program("pulumi")
    if path is None:
        fix = "install it to deploy to a real cloud; the lab does not need it"
        yield Finding("pulumi CLI", Status.SKIPPED, "not on PATH", fix)
        return
    done = subprocess.run([path, "version"], capture_output=True, text=True, timeout=30, check=False)
    version = done.stdout.strip().removeprefix("v")
    known = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit()) >= (3, 250)
    yield Finding(
        "pulumi CLI", Status.PASS if known else Status.WARN, version or done.stderr.strip(), "use 3.250 or newer; older ones are untested"
    )


def _check_passphrase(_: Path) -> Iterator[Finding]:
    named = [name for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE") if os.environ.get(name)]
    detail = ", ".join(named) if named else "no passphrase in the environment"
    fix = "with a file or object-store backend, set PULUMI_CONFIG_PASSPHRASE; the lab creates one itself"
    yield Finding("secrets passphrase", Status.PASS if named else Status.SKIPPED, detail, fix)


def _check_aws_credentials(_: Path) -> Iterator[Finding]:
    sources = [name for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE") if os.environ.get(name)]
    shared = Path.home() / ".aws" / "credentials"
    if shared.exists():
        sources.append("the shared credentials file")
    detail = ", ".join(sources) if sources else "none found"
    yield Finding(
        "AWS credentials", Status.PASS if sources else Status.SKIPPED, detail, "log in to AWS to deploy there; the lab does not need it"
    )


def _check_previews(_: Path) -> Iterator[Finding]:
    """Check that the preview is not skipped: rules that compare resources stop a deployment only during a preview."""
    from policypack.registry import RULES

    late = sum(rule.check_stack is not None for rule in RULES)
    set_to = {name: os.environ[name] for name in ("PULUMI_SKIP_PREVIEW", "PULUMI_OPTION_SKIP_PREVIEW") if name in os.environ}
    skipping = [name for name, value in set_to.items() if value.strip().lower() not in ("", "0", "false")]
    if skipping:
        said = f"{', '.join(skipping)} skips the preview: {late} of the pack's {len(RULES)} rules then run after resources are created"
        yield Finding("policy pack and previews", Status.WARN, said, "unset it: `up` then stops before any resource is created")
    else:
        said = f"{late} of {len(RULES)} rules compare resources, and stop a deployment only in a preview: never use `up --skip-preview`"
        yield Finding("policy pack and previews", Status.PASS, said)


def _check_library(root: Path) -> Iterator[Finding]:
    from containment.errors import InputError
    from containment.loaders.presets import load_library

    try:
        library = load_library()
    except InputError as error:
        yield Finding("presets", Status.FAIL, str(error), "correct the files it names")
        return
    stacks = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))
    yield Finding(
        "presets",
        Status.PASS,
        f"{len(library.presets)} classes, {len(library.sets)} catalog sets; stacks here: {', '.join(stacks) or 'none'}",
    )


def _check_real_systems(_: Path) -> Iterator[Finding]:
    """Report the count of what no check on this machine can show."""
    yield Finding("real AWS and Controller", Status.SKIPPED, format_counts(), f"read {PAGE}: what to try first on each")
