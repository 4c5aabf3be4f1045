"""Names of the AWS regions, from the data files of botocore, which is not imported."""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from containment.errors import InputError, Problem


@lru_cache(maxsize=1)
def read_aws_regions() -> frozenset[str]:
    """Return the names of the regions of every AWS partition; raises InputError when botocore's list cannot be read."""
    found = importlib.util.find_spec("botocore")
    path = Path(((found and found.submodule_search_locations) or [""])[0]) / "data" / "partitions.json"
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        names = frozenset(name for partition in document["partitions"] for name in partition["regions"] if not name.endswith("-global"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = "a region that AWS does not have could not be refused"
        problem = Problem(str(path), f"cannot be read: {error}", why, "install the requirements again: `make setup`")
        raise InputError("the list of AWS regions cannot be read", [problem]) from None
    return names
