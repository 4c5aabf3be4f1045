"""Build the virtual machine's image into the cache: `python -m containment_lab.vm`. Idempotent."""

from __future__ import annotations

import argparse
import sys

from containment.exit_code import Exit
from containment_lab.vm.errors import VmError
from containment_lab.vm.image import find_cache, load_image


def main() -> int:
    """Build the image if the cache lacks it, and print its place and digest; return exit code 1 if it cannot be built."""
    argparse.ArgumentParser(prog="python -m containment_lab.vm", description=__doc__).parse_args()
    try:
        image = load_image()
    except (VmError, OSError) as error:
        print(f"SKIPPED: no image of a virtual machine: {error}", file=sys.stderr)
        return Exit.ERROR
    print(f"{find_cache()}: {image.digest}")
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main())
