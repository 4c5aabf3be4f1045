"""`python -m containment.lab.cloud --home DIR`: serve the lab's AWS on 127.0.0.1, on the home's port.

Everything is in memory and gone when this ends: on SIGTERM, or by itself when the home's folder is deleted.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import os
import threading
import time
from pathlib import Path

from werkzeug.serving import make_server

from containment.lab.cloud.server import application
from containment.lab.home import LabHome


def main() -> None:
    """Serve until killed or until the home is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = LabHome(parser.parse_args().home.resolve())
    port = home.ports().aws
    os.environ["MOTO_PORT"] = str(port)
    gc.disable()  # moto's and botocore's models stay: looking through them again and again while they are read finds nothing
    app = application()
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class Quiet(MotoRequestHandler):  # type: ignore[misc]
        """Keep connections open (boto3 reuses them) and do not log every call."""

        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Log nothing."""

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=_warm, args=(port,), daemon=True).start()
    while home.root.is_dir():
        time.sleep(1)
    os._exit(0)


def _warm(port: int) -> None:
    """Make the first calls, which load moto's backends for a second, while whoever started us starts other things."""
    scope = "Credential=lab/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"  # moto asks who, not whether
    try:
        for _ in range(2):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/", body="Action=DescribeVpcs&Version=2016-11-15", headers=headers)
            connection.getresponse().read()
            connection.close()
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        gc.enable()


if __name__ == "__main__":
    main()
