"""By packets, in the lab: the model call works through the gateway without a key on the host, and nothing goes past it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from containment.credential_gateway.route import RouteEntry
from containment_lab.cloud.image_list import IMAGES
from containment_lab.credential_gateway.local_gateway import GatewayPlace, LocalGateway
from containment_lab.home import LabHome
from containment_lab.internet.receipts import make_nonce
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from tests.deployment.lab import PACK, REPOSITORY, Lab

pytestmark = [
    pytest.mark.packets,
    pytest.mark.namespaces,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(list_missing()), reason=f"no network here: {'; '.join(list_missing())}"),
]
STACK, HOST, MODEL = "coding-enforce", "integrate.api.nvidia.com", "meta/llama-3.3-70b-instruct"
BODY = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hello"}]})


class Deployed:
    """A stack with a gateway, its network, and the gateway's two processes."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.own_key = lab, make_nonce()
        lab.platform()
        secret = lab.aws("secretsmanager").create_secret(Name="models/nvidia", SecretString=self.own_key)["ARN"]
        routes = json.dumps([{"host": HOST, "secret": secret, "models": [MODEL]}])
        image = IMAGES[0].id
        options = [f"agentImageId={image}", f"credentialGatewayImageId={image}", f"credentialRoutes={routes}"]
        lab.must("up", STACK, *(word for option in options for word in ("-c", option)), pack=PACK)
        self.url = str(json.loads(lab.export(STACK))["deployment"]["resources"][0]["outputs"]["credentialGatewayUrl"])
        self.network = LabNetwork(LabHome(lab.home), STACK)
        self.network.bring_up()
        ec2 = lab.aws("ec2")
        address = self.url.removeprefix("http://").partition(":")[0]
        [found] = [
            each["InstanceId"]
            for page in ec2.describe_instances()["Reservations"]
            for each in page["Instances"]
            if each.get("PrivateIpAddress") == address
        ]
        entry = RouteEntry.model_validate({"host": HOST, "secret": secret, "names": {"model": [MODEL]}})
        place = GatewayPlace(
            address=address,
            port=int(self.url.rpartition(":")[2]),
            entering=tuple(self.network.build_entering_command(found)),
            resolver=IPv4Address(".".join([*address.split(".")[:2], "0", "2"])),
        )
        endpoint = f"http://127.0.0.1:{lab.ports['aws']}"
        authority = self.network.folder / "world-ca.pem"
        self.gateway = LocalGateway(folder, [entry], {}, authorities=authority, secrets_endpoint=endpoint, place=place)
        self.gateway.start()

    def call(self, url: str, *headers: str) -> tuple[int, str]:
        """Make a call from the agent's host, confined as any command; return curl's exit code and what it printed."""
        words = ["curl", "-sS", "-m", "15", "-w", "\n%{http_code}", "-H", "content-type: application/json", "-d", BODY]
        words += [word for header in headers for word in ("-H", header)]
        command = [sys.executable, "-m", "containment", "lab", "run", "-C", str(REPOSITORY), "-s", STACK, "--", *words, url]
        done = subprocess.run(command, capture_output=True, text=True, env=self.lab.environment, cwd=REPOSITORY, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    def list_receipts(self, nonce: str) -> list[dict[str, Any]]:
        time.sleep(0.5)  # what has been sent arrives
        found: list[dict[str, Any]] = self.network.send_command("receipts", nonce=nonce)
        return found

    def close(self) -> None:
        self.gateway.stop()
        self.network.take_down()
        self.lab.down()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with tempfile.TemporaryDirectory(prefix="gw") as folder:
        made = Deployed(Lab(tmp_path_factory.mktemp("gateway")), Path(folder))
        try:
            yield made
        finally:
            made.close()


def test_the_model_call_works_without_a_key_on_the_host(deployed: Deployed) -> None:
    foreign = make_nonce()
    code, said = deployed.call(f"{deployed.url}/{HOST}/v1/chat/completions", f"authorization: Bearer {foreign}", f"x-api-key: {foreign}")
    assert code == 0, said
    assert "\n200" in said, said
    assert [one["holder"] for one in deployed.list_receipts(deployed.own_key)] == [HOST], "the gateway's key arrived, once"
    assert deployed.list_receipts(foreign) == [], "no foreign key arrived anywhere"
    rules = [
        one["rule"] for one in deployed.network.await_decisions(0, every_source=True) if one["server_name"] == HOST and one["port"] == 443
    ]
    assert set(rules) == {"vca-openclaw-allow-model-gateways"}


def test_no_file_of_the_agents_host_has_the_key(deployed: Deployed) -> None:
    host = deployed.network.folder / "host"
    files = [path for path in host.rglob("*") if path.is_file()]
    assert files
    assert not any(deployed.own_key.encode() in path.read_bytes() for path in files)


def test_the_direct_call_is_denied_with_any_key(deployed: Deployed) -> None:
    foreign = make_nonce()
    code, said = deployed.call(f"https://{HOST}/v1/chat/completions", f"authorization: Bearer {foreign}")
    assert code != 0
    assert "vca-openclaw-default-deny" in said
    assert deployed.list_receipts(foreign) == []


def test_another_port_of_the_gateway_is_out_of_reach(deployed: Deployed) -> None:
    code, _ = deployed.call(deployed.url.rpartition(":")[0] + ":22/")
    assert code != 0


def test_an_upload_is_refused_with_a_reason(deployed: Deployed) -> None:
    _, said = deployed.call(f"{deployed.url}/{HOST}/v1/files")
    assert '"rule": "refused-path"' in said
    assert "403" in said


@pytest.mark.parametrize("part", ["service", "envoy"])
def test_with_a_part_of_the_gateway_killed_nothing_leaves(deployed: Deployed, part: str) -> None:
    process = getattr(deployed.gateway, part)
    process.kill()
    process.wait()
    before = len(deployed.list_receipts(deployed.own_key))
    try:
        _, said = deployed.call(f"{deployed.url}/{HOST}/v1/chat/completions")
        assert "\n200" not in said
        assert len(deployed.list_receipts(deployed.own_key)) == before
    finally:
        getattr(deployed.gateway, f"start_{part}")()
