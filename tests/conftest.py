"""What every test run needs: no chatter of gRPC's, and nothing of the user's cloud."""

from __future__ import annotations

import os

os.environ["GRPC_VERBOSITY"] = "NONE"
for name in [key for key in os.environ if key.startswith(("AWS_", "PULUMI_", "AVIATRIX_"))]:
    del os.environ[name]
os.environ.pop("CONTAINMENT_LAB_HOME", None)
