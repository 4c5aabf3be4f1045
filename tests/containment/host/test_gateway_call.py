"""With a credential gateway, the model call of verify-egress.sh goes through it, without a key; without one the script is unchanged."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from containment.host.contents import build_host_files
from containment.host.first_boot import LIMIT, build_user_data
from containment.host.host_file import read_script
from tests.containment.conftest import SpecOf
from tests.support.configs import IMAGE, ROUTE

GATEWAY: dict[str, Any] = {"credentialRoutes": [ROUTE], "credentialGatewayImageId": IMAGE}
SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        names = sorted(name.lower() for name in self.headers)
        print(self.path, *names, file=sys.stderr, flush=True)
        self.send_response(int(sys.argv[1])); self.send_header("content-length", "0"); self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 8443), Answer).serve_forever()
"""
WORLD = """
ip link set lo up
if [ "$2" != none ]; then
    python3 -c "$3" "$2" 2>"$1/received" &
    until exec 3<>/dev/tcp/127.0.0.1/8443; do sleep 0.05; done 2>/dev/null
fi
POLICY_MODE=enforce PROBE_TIMEOUT=1 bash "$1/verify-egress.sh"
[ "$2" = none ] || kill $!
"""


def read_files(spec_of: SpecOf, **config: Any) -> dict[str, str]:
    return {one.path.rpartition("/")[2]: one.content for one in build_host_files(spec_of(policyMode="enforce", **config))}


def test_a_stack_without_a_gateway_has_the_script_as_it_was(spec_of: SpecOf) -> None:
    files = read_files(spec_of)
    assert files["verify-egress.sh"] == read_script("verify-egress.sh", "").content
    assert "GATEWAY" not in files["containment.env"]


@pytest.mark.parametrize("agent_class", ["coding", "research", "healthcare-phi", "locked-down"])
def test_the_call_has_no_body_and_no_key_and_user_data_fits(spec_of: SpecOf, agent_class: str) -> None:
    spec = spec_of(agentClass=agent_class, **GATEWAY)
    assert "GATEWAY_CALL=http://10.42.30.10:8443/integrate.api.nvidia.com/v1/models\n" in read_files(spec_of, **GATEWAY)["containment.env"]
    assert len(build_user_data(spec).encode()) <= LIMIT


@pytest.mark.slow
@pytest.mark.namespaces
@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed")
@pytest.mark.parametrize(
    ("status", "verdict", "said"),
    [
        ("200", "PASS", "the credential gateway put its key in"),
        ("401", "FAIL", "does not accept the gateway's key"),
        ("503", "FAIL", "cannot read its key"),
        ("403", "FAIL", "HTTP 403"),
        ("none", "FAIL", "blocked"),
    ],
)
def test_the_probe_passes_only_with_the_gateways_answer(spec_of: SpecOf, tmp_path: Path, status: str, verdict: str, said: str) -> None:
    for name, text in read_files(spec_of, **GATEWAY).items():
        (tmp_path / name).write_text(text.replace("10.42.30.10", "127.0.0.1"))
    words = ["unshare", "-rn", "bash", "-c", WORLD, "world", str(tmp_path), status, SERVER]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("PROBE 1 model-call ")]
    assert line.startswith(f"PROBE 1 model-call 127.0.0.1:8443 {verdict} "), done.stderr
    assert said in line
    if status != "none":
        assert (tmp_path / "received").read_text().split() == ["/integrate.api.nvidia.com/v1/models", "accept", "host", "user-agent"]
