"""Checks of a whole `sandbox:` section: grants that undo each other, and paths that no class may grant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.errors import Problem
from containment.fixes.nearest_word import make_proposal
from containment.names import WebGroupId
from containment.sandbox.paths import is_within, resolve_aliases
from containment.sandbox.section import GrantedEgress, SandboxSection

HARMLESS_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SECRETS: Final = {
    "/root": "root's home folder",
    "/etc/shadow": "password hashes",
    "/etc/gshadow": "password hashes",
    "/etc/sudoers": "the rights of users",
    "/etc/ssh": "the host's keys",
    "/proc": "the memory and environment of other processes",
    "/sys": "kernel settings",
    "/boot": "the kernel",
    "/run": "sockets of services, such as Docker's",
    "/dev": "devices",
    "/var/lib/amazon": "keys of the host's agent for Systems Manager",
    "/opt/openclaw-vca": "the staged installers and their settings",
}
"""Paths that no class may read: none inside of them, and none that contains them."""
_SECRET_NAMES: Final = frozenset({".ssh", ".aws", ".gnupg", ".kube", ".docker", ".env", ".netrc", ".git-credentials"})
_SYSTEM: Final = ("/usr", "/etc", "/boot", "/opt", "/var/lib", "/var/log", "/var/spool", "/var/cache")
"""Folders that no class may write to: programs and settings that others run."""
_SHARED: Final = ("/home", "/srv", "/mnt", "/media", "/var")
_REFUSED_WHY: Final = "a path with secrets or settings of the host undoes the class, whatever else it denies"
_UNDONE_WHY: Final = "the wider of two grants decides, so that the narrower one would protect nothing"


def find_section_problems(section: SandboxSection, where: str) -> Iterator[Problem]:
    """Yield every problem of the section of a class or a harness; `where` is its place, `file:key`."""
    yield from _find_refused_paths(section, where)
    yield from _find_undone_grants(section, where)
    yield from _find_repeats(section, where)
    names = [task.name for task in section.tasks]
    for place, program in enumerate(section.programs):
        for number, egress in enumerate(program.egress):
            yield from _find_egress_problems(egress, f"{where}.programs.{place}.egress.{number}", names)


def find_merged_problems(one: SandboxSection, other: SandboxSection, where: str) -> Iterator[Problem]:
    """Yield the problems that two sections have together, and neither alone: those of a class and of its harness."""
    alone = {problem.what for section in (one, other) for problem in _find_undone_grants(section, where)}
    yield from (problem for problem in _find_undone_grants(one.merge(other), where) if problem.what not in alone)


def explain_refusal(path: str, *, writes: bool) -> str | None:
    """Return why no class may grant a normal path, None when it may."""
    real = resolve_aliases(path)
    if real == "/":
        return "is the whole file system"
    if real in HARMLESS_DEVICES:
        return None
    if real in _SHARED:
        return "is shared by all users and services"
    if _SECRET_NAMES & {*real.split("/")}:
        return "is a file or folder for credentials"
    for secret, what in _SECRETS.items():
        if is_within(real, secret) or is_within(secret, real):
            return f"{'contains' if is_within(secret, real) and real != secret else 'is within'} {secret}: {what}"
    if writes:
        for system in _SYSTEM:
            if is_within(real, system) or is_within(system, real):
                return f"is or contains a folder of the system, {system}"
    return None


def _find_refused_paths(section: SandboxSection, where: str) -> Iterator[Problem]:
    for key, grants, writes in (("read", section.read, False), ("write", section.write, True)):
        for place, grant in enumerate(grants):
            if why := explain_refusal(grant.path, writes=writes):
                fix = "grant a folder for the agent alone, such as /srv/agent" if writes else "grant the files that are needed, one by one"
                yield Problem(f"{where}.{key}.{place}.path", f"{grant.path!r} {why}", _REFUSED_WHY, fix)


def _find_undone_grants(section: SandboxSection, where: str) -> Iterator[Problem]:
    writable = [(place, grant.path) for place, grant in enumerate(section.write)]
    for place, grant in enumerate(section.read):
        for number, folder in writable:
            if is_within(resolve_aliases(grant.path), resolve_aliases(folder)):
                what = f"{grant.path!r} is within write.{number}.path, {folder!r}, and is writable"
                yield Problem(f"{where}.read.{place}.path", what, _UNDONE_WHY, f"remove it, or narrow write.{number}.path")
    for place, program in enumerate(section.programs):
        for number, folder in writable:
            if is_within(resolve_aliases(program.path), resolve_aliases(folder)):
                what = f"{program.path!r} is within write.{number}.path, {folder!r}"
                why = "the agent could replace the program, and any content would run under its name"
                yield Problem(f"{where}.programs.{place}.path", what, why, "install it in a folder that the agent cannot write to")


def _find_repeats(section: SandboxSection, where: str) -> Iterator[Problem]:
    lists = {
        "read": [one.path for one in section.read],
        "write": [one.path for one in section.write],
        "tasks": [one.name for one in section.tasks],
        "programs": [one.path for one in section.programs],
    }
    for key, texts in lists.items():
        for place, text in enumerate(texts):
            if (first := texts.index(text)) != place:
                what = f"{text!r} is listed twice (also in {key}.{first})"
                why = "two entries for one thing have two owners and two reasons"
                yield Problem(f"{where}.{key}.{place}", what, why, f"remove it, and move what it adds to {key}.{first}")


def _find_egress_problems(egress: GrantedEgress, where: str, tasks: list[str]) -> Iterator[Problem]:
    is_mcp = egress.to == WebGroupId.MCP_GATEWAYS.value
    for place, name in enumerate(egress.tasks):
        if name not in tasks:
            why = "a task that is not declared has no tools"
            yield Problem(f"{where}.tasks.{place}", f"names the task {name!r}", why, make_proposal(name, tasks, f"add {name} to tasks"))
    if is_mcp and not egress.tasks:
        why = "without a task every tool of every gateway could be called"
        yield Problem(where, f"names {egress.to} without tasks", why, f"add tasks: [{', '.join(tasks) or 'a task of tasks'}]")
    if is_mcp and egress.requests:
        yield Problem(f"{where}.requests", f"is set for {egress.to}", "MCP calls tools, and all with one method", "remove it; name tasks")
    if egress.tasks and not is_mcp:
        fix = f"set to: {WebGroupId.MCP_GATEWAYS.value}, or remove tasks"
        yield Problem(f"{where}.tasks", f"is set for {egress.to}", "tools are called at MCP gateways alone", fix)
