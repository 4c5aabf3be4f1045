"""The reviewed policy: what the stack's files build, and whether exactly these files are in a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from containment.attestation.statement import CheckedItem
from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.git import read_git
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.policy.rules import RuleSet
from containment.preflight.finding import Status
from containment.record.digests import digest_ruleset

ID = "files-are-reviewed"
WHAT = "the files that build the policy are those of a commit"


@dataclass(frozen=True)
class ReviewedPolicy:
    """A stack's policy as its files build it; `commit` is None outside of a checkout, `changed` lists files that differ from it."""

    spec: ContainmentSpec
    ruleset: RuleSet
    digest: str
    commit: str | None
    changed: tuple[str, ...]
    overridden: tuple[str, ...]

    def check(self) -> CheckedItem:
        """Return whether the policy is the one of a commit, which a review can have seen."""
        if self.overridden:
            what = f"{', '.join(self.overridden)} set by --config, so the policy is in no file"
            return CheckedItem(ID, WHAT, Status.FAIL, what, fix="write the keys into the stack file, and have it reviewed")
        if self.commit is None:
            return CheckedItem(
                ID, WHAT, Status.NOT_TESTED, "the stack files are in no git checkout", fix="run it in the repository's folder"
            )
        if self.changed:
            what = f"{len(self.changed)} files differ from commit {self.commit[:12]}, so no review has seen them"
            return CheckedItem(ID, WHAT, Status.FAIL, what, ", ".join(self.changed[:5]), "commit them by pull request, or restore them")
        return CheckedItem(ID, WHAT, Status.PASS, f"unchanged since commit {self.commit[:12]}", self.commit)


def read_reviewed(stack: str, overrides: Mapping[str, str], folder: Path) -> ReviewedPolicy:
    """Return the reviewed policy of a stack; raise InputError if its files are invalid."""
    spec = read_stack(stack, overrides, folder)
    ruleset = build_ruleset(spec)
    commit = _read_git(folder, "rev-parse", "HEAD")
    status = _read_git(folder, "status", "--porcelain", "--", f"Pulumi.{stack}.yaml", "presets") if commit else ""
    if status is None:
        commit, status = None, ""
    changed = tuple(line[3:] for line in status.splitlines())
    return ReviewedPolicy(spec, ruleset, digest_ruleset(ruleset), commit.strip() if commit else None, changed, tuple(sorted(overrides)))


def _read_git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, None where it fails or there is no git: nothing shows then that the files were reviewed."""
    try:
        return read_git(folder, *arguments)
    except InputError:
        return None
