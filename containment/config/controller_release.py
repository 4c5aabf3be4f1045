"""Controller releases as stack files name them: MAJOR.MINOR, or a whole release where a feature depends on the patch.

A feature that came with a patch release is certain only where the patch is given: 9.0 leaves open whether it is there, 9.0.10 does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from containment.fixes.unfit_value import UnfitError
from containment.names import ControllerVersion
from containment.ternary import Ternary

DECRYPTION_WITH_SNAT: Final = (ControllerVersion.V9_0, 10)
"""First release whose gateways decrypt TLS with SNAT on (Aviatrix blueprints, agentcore-aws: "coexists in 9.0.10+")."""

_RELEASE: Final = re.compile(r"([0-9]+\.[0-9]+)(?:\.(0|[1-9][0-9]{0,3}))?")


@dataclass(frozen=True, slots=True)
class ControllerRelease:
    """A release line, and the patch release where it is given."""

    line: ControllerVersion
    patch: int | None = None

    @classmethod
    def parse(cls, stated: Any) -> Self:
        """Parse a release such as 9.0 or 9.0.10; 9 means 9.0, because the engine passes an unquoted 9.0 on as 9.

        Raises:
            UnfitError: The text is not a release of a supported line.
        """
        if isinstance(stated, cls):
            return stated
        text = f"{stated}.0" if isinstance(stated, str) and stated.isascii() and stated.isdecimal() else stated
        found = _RELEASE.fullmatch(text) if isinstance(text, str) else None
        if found is None or found[1] not in set(ControllerVersion):
            raise _make_unfit_error(text)
        return cls(ControllerVersion(found[1]), int(found[2]) if found[2] else None)

    def __str__(self) -> str:
        """Return the release as it was given."""
        return self.line.value if self.patch is None else f"{self.line.value}.{self.patch}"

    @property
    def decrypts_with_snat(self) -> Ternary:
        """Whether its gateways decrypt TLS with SNAT on; MAYBE where the release leaves the patch open."""
        lines, (first, patch) = list(ControllerVersion), DECRYPTION_WITH_SNAT
        if self.line is not first:
            return Ternary.of(lines.index(self.line) > lines.index(first))
        if self.patch is None:
            return Ternary.MAYBE
        return Ternary.of(self.patch >= patch)


def _make_unfit_error(stated: Any) -> UnfitError:
    """Return the error for a text that is not a release, with the release that it means, if that is clear."""
    *first, last = lines = [line.value for line in ControllerVersion]
    what = f"is not {', '.join(first)} or {last}, or a whole release of one of them, such as 9.0.10"
    meant = str(stated).strip().lstrip("vV")
    for proposal in (meant, ".".join(meant.split(".")[:2])):
        if (found := _RELEASE.fullmatch(proposal)) and found[1] in lines:
            return UnfitError(what, f'write "{proposal}"', proposal)
    return UnfitError(what, f"write the Controller's MAJOR.MINOR, one of: {', '.join(lines)}")


def get_first_release_with_snat() -> str:
    """Return the first release whose gateways decrypt TLS with SNAT on, as a stack file names it."""
    line, patch = DECRYPTION_WITH_SNAT
    return str(ControllerRelease(line, patch))
