"""What must be true of this machine before a deployment, looked at without changing anything.

Rules kept here: a check that cannot run is SKIPPED with its reason, never PASS; a check that raises has failed. Checks
of a live account and Controller are `preflight`'s.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from containment import strict_yaml
from containment.verify.data_plane import envoy, namespaces, programs
from containment.verify.finding import Finding, Status

PACKAGES = ("pulumi", "pulumi-aws", "pulumi-aviatrix", "pulumi-policy", "pydantic", "moto", "boto3")


def examine(root: Path = Path()) -> list[Finding]:
    """Return every finding about this machine and the checkout at `root`."""
    out: list[Finding] = []
    for check in (
        _python,
        _packages,
        _virtualenvs,
        _pulumi_cli,
        _passphrase,
        _aws_credentials,
        _previews,
        namespaces,
        programs,
        envoy,
        _library,
    ):
        out += _guarded(check, root)
    return out


def _guarded(check: Callable[[Path], Iterator[Finding]], root: Path) -> list[Finding]:
    try:
        return list(check(root))
    except Exception as error:  # noqa: BLE001 - a check that raises has failed, and says so
        return [Finding(check.__name__.strip("_").replace("_", " "), Status.FAIL, f"the check itself failed: {error!r}", "report this")]


def _python(_: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    yield Finding("python", Status.PASS if ok else Status.FAIL, version, "use Python 3.11 or newer")


def _packages(_: Path) -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(f"package {name}", Status.PASS, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(f"package {name}", Status.FAIL, "is not installed here", "run `make setup`")
    from importlib.util import find_spec

    found = find_spec("pulumi_aviatrix")
    ours = found is not None and found.origin is not None and "sdks" in Path(found.origin).parts
    detail = "from sdks/aviatrix" if ours else f"comes from {found.origin if found else 'nowhere'}"
    yield Finding(
        "aviatrix SDK",
        Status.PASS if ours else Status.WARN,
        detail,
        "the package index's own pulumi-aviatrix has no DCF resources: `make setup`",
    )


def _virtualenvs(root: Path) -> Iterator[Finding]:
    """A virtualenv that a YAML file names and that does not exist hangs the real CLI at "Loading policy packs"."""
    for file in ("Pulumi.yaml", "platform/Pulumi.yaml", "policypack/PulumiPolicy.yaml"):
        path = root / file
        if not path.exists():
            yield Finding(f"virtualenv of {file}", Status.SKIPPED, "the file is not here", "run doctor in the repository's own folder")
            continue
        try:
            project = strict_yaml.read(path)
        except (OSError, ValueError) as error:
            yield Finding(f"virtualenv of {file}", Status.FAIL, f"the file cannot be read: {error}", "mend the file")
            continue
        runtime = project.get("runtime") if isinstance(project, dict) else None
        options = runtime.get("options", {}) if isinstance(runtime, dict) else {}
        if not (name := options.get("virtualenv")):
            yield Finding(f"virtualenv of {file}", Status.WARN, "none named: python3 from PATH is used", "name the project's .venv")
            continue
        there = (path.parent / name / "bin" / "python").exists()
        fix = "run `make setup`; without it the Pulumi CLI hangs, deaf to SIGTERM"
        yield Finding(f"virtualenv of {file}", Status.PASS if there else Status.FAIL, name if there else f"{name} does not exist", fix)


def _pulumi_cli(_: Path) -> Iterator[Finding]:
    path = shutil.which("pulumi")
    if path is None:
        fix = "install it to deploy to a real cloud; the lab does not need it"
        yield Finding("pulumi CLI", Status.SKIPPED, "not on PATH", fix)
        return
    done = subprocess.run([path, "version"], capture_output=True, text=True, timeout=30, check=False)
    version = done.stdout.strip().removeprefix("v")
    known = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit()) >= (3, 250)
    yield Finding(
        "pulumi CLI", Status.PASS if known else Status.WARN, version or done.stderr.strip(), "3.250 or newer is what this is tried with"
    )


def _passphrase(_: Path) -> Iterator[Finding]:
    named = [name for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE") if os.environ.get(name)]
    detail = ", ".join(named) if named else "no passphrase in the environment"
    fix = "with a file or object-store backend, set PULUMI_CONFIG_PASSPHRASE; the lab makes its own"
    yield Finding("secrets passphrase", Status.PASS if named else Status.SKIPPED, detail, fix)


def _aws_credentials(_: Path) -> Iterator[Finding]:
    sources = [name for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE") if os.environ.get(name)]
    shared = Path.home() / ".aws" / "credentials"
    if shared.exists():
        sources.append("the shared credentials file")
    detail = ", ".join(sources) if sources else "none found"
    yield Finding(
        "AWS credentials", Status.PASS if sources else Status.SKIPPED, detail, "log in to AWS to deploy there; the lab does not need it"
    )


def _previews(_: Path) -> Iterator[Finding]:
    """Rules over relations stop a deployment only in a preview: a setting that skips it lets resources be made first."""
    from policypack.registry import RULES

    late = sum(rule.check_stack is not None for rule in RULES)
    set_to = {name: os.environ[name] for name in ("PULUMI_SKIP_PREVIEW", "PULUMI_OPTION_SKIP_PREVIEW") if name in os.environ}
    skipping = [name for name, value in set_to.items() if value.strip().lower() not in ("", "0", "false")]
    if skipping:
        said = f"{', '.join(skipping)} skips the preview: {late} of the pack's {len(RULES)} rules then judge after the creates"
        yield Finding("policy pack and previews", Status.WARN, said, "unset it: `up` then stops before anything is made")
    else:
        said = f"{late} of {len(RULES)} rules judge relations, which only a preview stops in time: never `up --skip-preview`"
        yield Finding("policy pack and previews", Status.PASS, said)


def _library(root: Path) -> Iterator[Finding]:
    from containment.library import load_library
    from containment.model.errors import InputError

    try:
        library = load_library()
    except InputError as error:
        yield Finding("presets", Status.FAIL, str(error), "mend the files it names")
        return
    stacks = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))
    yield Finding(
        "presets",
        Status.PASS,
        f"{len(library.presets)} classes, {len(library.sets)} catalog sets; stacks here: {', '.join(stacks) or 'none'}",
    )
