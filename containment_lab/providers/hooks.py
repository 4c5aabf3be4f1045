"""Hooks around the creates and deletes of all providers of a process; `containment_lab.testing.pause` installs its own."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class CallHooks:
    """Hooks that do nothing."""

    async def enter(self, method: str, urn: str) -> None:
        """Run before a call begins; raise RefusedError to refuse it."""

    def call(self, method: str, urn: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Return a context for the work of a call, in its thread."""
        return nullcontext()


_hooks = CallHooks()


def call_hooks() -> CallHooks:
    """Return the installed hooks."""
    return _hooks


def install_call_hooks(hooks: CallHooks) -> None:
    """Use other hooks for the calls that begin from now on."""
    global _hooks
    _hooks = hooks
