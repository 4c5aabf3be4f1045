"""`python -m tests.policypack.mutants [STACK...]`: every hole in every class and mode (or in the stacks named), in both forms.

Minutes; exit code 1 when one is not refused as it says.
"""

from __future__ import annotations

import sys

from containment.loaders.presets import load_library
from containment.names import PolicyMode
from tests.policypack.mutants.judged import everywhere, found_in, told, unneeded
from tests.policypack.mutants.program import FORMS, Program, read
from tests.policypack.product import registrations
from tests.support.deploy import stack_config


def main() -> int:
    """Print what went through and the counts."""
    names = sys.argv[1:] or [f"{name}-{mode.value}" for name in load_library().presets for mode in PolicyMode]
    stacks = {name: read(made) for name, made in zip(names, registrations((one, stack_config(one)) for one in names), strict=True)}
    refused = [name for name, stack in stacks.items() if any(found_in(Program(stack).resources(form)) for form in FORMS)]
    verdicts = list(everywhere(stacks))
    wrong = [line for one in verdicts for line in one.wrong]
    print("\n".join([*(f"{name} is refused unchanged" for name in refused), *wrong, told(verdicts)]))
    print(f"{len(wrong)} not refused as they should be")
    needless = unneeded(verdicts, fewest=3)
    print(*(f"{rule} refuses fewer than three mutants that no other rule refuses" for rule in needless), sep="\n")
    return 1 if wrong or refused or needless else 0


if __name__ == "__main__":
    raise SystemExit(main())
