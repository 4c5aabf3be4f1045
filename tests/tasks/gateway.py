"""A credential gateway outside of the tasks' machine: the model call of an agent works, and no process of the agent has the key."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.credential_gateway.envoy import Upstream
from containment.credential_gateway.route import RouteEntry
from tests.tasks.sites import GATEWAY, KEY, MODEL_GATEWAY

FILE: Final = "gateway.json"
"""The gateway's class, port and routes, in the machine's folder."""


def write_gateway(folder: Path, spec: ContainmentSpec) -> None:
    """Describe the gateway of a stack for the machine.

    Args:
        folder: the machine's folder.
        spec: the stack.
    """
    gateway = spec.credential_gateway
    assert gateway is not None
    assert str(gateway.address) == GATEWAY, f"the gateway of {spec.stack} is at {gateway.address}"
    entries = [one.to_entry().model_dump(mode="json", by_alias=True) for one in spec.config.credential_routes]
    described = {"class": spec.config.agent_class, "port": gateway.port, "entries": entries}
    (folder / FILE).write_text(json.dumps(described))


@contextmanager
def run_gateway(folder: Path, sites: int) -> Iterator[None]:
    """Run the gateway that a folder describes, in the network of the sites; none without a description.

    Args:
        folder: the machine's folder.
        sites: the process of the sites.
    """
    if not (folder / FILE).exists():
        yield
        return
    import boto3
    from moto.server import ThreadedMotoServer

    from containment_lab.credential_gateway.local_gateway import GatewayPlace, LocalGateway

    described = json.loads((folder / FILE).read_text())
    secrets = ThreadedMotoServer(port=0, verbose=False)
    secrets.start()
    endpoint = f"http://127.0.0.1:{secrets.get_host_and_port()[1]}"
    client = boto3.client(
        "secretsmanager", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x"
    )
    arn = client.create_secret(Name="models/nvidia", SecretString=KEY)["ARN"]
    entries = [RouteEntry.model_validate({**one, "secret": arn}) for one in described["entries"]]
    with tempfile.TemporaryDirectory(prefix="gw") as place:
        gateway = LocalGateway(
            Path(place),
            entries,
            {one.host: Upstream(address=IPv4Address(MODEL_GATEWAY), port=443) for one in entries},
            authorities=folder / "ca.pem",
            secrets_endpoint=endpoint,
            agent_class=described["class"],
            place=GatewayPlace(address=GATEWAY, port=described["port"], entering=("nsenter", f"--net=/proc/{sites}/ns/net", "--")),
        )
        gateway.start()
        try:
            yield
        finally:
            gateway.stop()
            secrets.stop()
