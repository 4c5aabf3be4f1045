"""The test apparatus is not loaded by a lab that is only used."""

from __future__ import annotations

import subprocess
import sys

_LOAD = """
import sys
import containment_lab.cloud.server, containment_lab.controller.app, containment_lab.providers.aviatrix, containment_lab.providers.aws
import containment_lab.engine.session
print(*(name for name in sys.modules if name.startswith("containment_lab.testing.")))
"""


def test_neither_simulators_nor_providers_load_the_test_apparatus() -> None:
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["containment_lab.testing.paths"]
