"""Where a question's subject comes from: a stack file, a stack file of another revision, or a deployed state.

`coding-enforce` is a stack of this folder; `REV:coding-enforce` (or `REV` alone, with every stack) one of a git revision
of the checkout; anything that is a file is read as a state (`containment.verify.state_policy`).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path

from containment.library import load_library
from containment.model.errors import InputError, Problem
from containment.model.fqdn import DomainPattern
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.policy import build_ruleset
from containment.model.reach.subject import Subject, agents_of, facts_of
from containment.model.spec import ContainmentSpec
from containment.stack_file import read_stack


def subject_of_spec(spec: ContainmentSpec, folder: Path | None = None) -> Subject:
    """Return what can be asked about a stack's spec; `folder` holds its presets."""
    library = load_library(folder)
    approved = {pattern for group, found in spec.destinations.items() if group not in DENY_GROUPS for pattern in found.patterns}
    denied = spec.destinations.get(WebGroupId.UNAPPROVED_MODELS)
    return Subject(
        title=spec.stack,
        ruleset=build_ruleset(spec),
        agents=agents_of(spec),
        mode=spec.mode,
        denied=denied.patterns if denied else (),
        approved=tuple(sorted(approved | {DomainPattern.parse(url.split("://")[-1].split("/")[0]) for url in spec.decrypted_urls})),
        own=(
            spec.config.vpc_cidr,
            *spec.config.approved_model_gateway_cidrs,
            *(network for api in spec.internal_apis for network in api.cidrs),
        ),
        resolvers=(IPv4Network(spec.dns_resolver),),
        facts=facts_of(library.sets.values(), spec.config.aws_region),
        assumptions=("no rule of another owner stands before this stack's on the Controller (say what does with --before and --after)",),
    )


def subject_of(stack: str | None, state: Path | None, overrides: Mapping[str, str] | None = None) -> Subject:
    """Return the subject that `--stack` or `--state` names; raises InputError."""
    if state is not None:
        from containment.verify.state_policy import subject_of_state

        return subject_of_state(state)
    assert stack is not None
    return subject_of_spec(read_stack(stack, overrides))


@contextmanager
def at_revision(revision: str) -> Iterator[Path]:
    """Yield a folder with the presets and stack files of a git revision of this checkout; raises InputError."""
    root = Path(__file__).parent.parent.parent
    with tempfile.TemporaryDirectory(prefix="containment-") as made:
        folder = Path(made)
        listed = _git(root, "ls-tree", "-r", "--name-only", f"{revision}^{{commit}}")
        if listed is None:
            problem = Problem(revision, "is no revision of this repository", "nothing can be compared with it", "see `git log --oneline`")
            raise InputError("cannot compare", [problem])
        wanted = [name for name in listed.splitlines() if name.startswith("presets/") or name.startswith("Pulumi.")]
        for name in wanted:
            content = _git(root, "show", f"{revision}:{name}")
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        yield folder


def _git(root: Path, *arguments: str) -> str | None:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else None
