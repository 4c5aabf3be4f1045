"""`python -m containment_lab.cloud --home DIR`: serve the lab's AWS on 127.0.0.1, on the home's port.

All objects are in memory and lost when the process ends: on SIGTERM, or when the home's folder is deleted.
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

from containment_lab.cloud.server import make_application
from containment_lab.home import LabHome
from containment_lab.storage import watch_folder


def main() -> None:
    """Serve until a signal arrives or the home is deleted."""
    parser = argparse.ArgumentParser(prog="python -m containment_lab.cloud", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = LabHome(parser.parse_args().home.resolve())
    is_home_there = watch_folder(home.root)
    port = home.get_ports().aws
    os.environ["MOTO_PORT"] = str(port)
    gc.disable()  # moto's and botocore's models stay: collecting while they load is a third of the time
    app = make_application()
    from containment_lab.cloud.request_handler import RequestHandler

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=RequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=_warm, args=(port,), daemon=True).start()
    while is_home_there():
        time.sleep(1)
    os._exit(0)


def _warm(port: int) -> None:
    """Make the first calls, which load moto's backends for a second, while the other simulators start."""
    scope = "Credential=lab/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"  # moto checks no signature
    try:
        for _ in range(2):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/", body="Action=DescribeVpcs&Version=2016-11-15", headers=headers)
            connection.getresponse().read()
            connection.close()
    finally:
        gc.freeze()
        gc.enable()


if __name__ == "__main__":
    main()
