"""The names of every type of the pinned providers, as files, and how they are read from the installed package.

`python -m tests.policypack.type_table.names` rewrites the AWS file from the installed package. The Aviatrix files are written from the
resource map of the provider's source (`aviatrix/provider.go`) at the release in their first lines, with the bridge's naming.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
AWS: Final = HERE / "aws.txt"
AVIATRIX: Final = tuple(sorted(HERE.glob("aviatrix-*.txt")))


def installed_aws() -> tuple[str, list[str]]:
    """Return the version and every type of the installed pulumi-aws, from its registration table; the package is not imported."""
    found = distribution("pulumi-aws")
    text = Path(str(found.locate_file("pulumi_aws/__init__.py"))).read_text(encoding="utf-8")
    table = re.search(r'resource_modules="""\n(.*?)\n"""', text, re.DOTALL)
    assert table is not None, "pulumi-aws registers its types in another way"
    return found.version, sorted({token for module in json.loads(table[1]) for token in module["classes"]})


def committed(path: Path) -> tuple[str, list[str]]:
    """Return the version and the types of a committed file."""
    first, *types = path.read_text(encoding="utf-8").splitlines()
    return first.rpartition(" ")[2], types


def main() -> None:
    """Rewrite the AWS file."""
    version, types = installed_aws()
    AWS.write_text("\n".join([f"# pulumi-aws {version}", *types, ""]), encoding="utf-8")
    print(f"{len(types)} types of pulumi-aws {version}")


if __name__ == "__main__":
    main()
