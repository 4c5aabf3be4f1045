"""What a program reads, and which version of a template its hosts start from, is judged alike by the engine's pack and by `check`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.lab import REPOSITORY, Lab
from tests.support import warm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
VIOLATION = 3
NETWORK = """\
import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.64.0.0/16")
igw = aws.ec2.InternetGateway("igw", vpc_id=vpc.id)
subnet = aws.ec2.Subnet("public", vpc_id=vpc.id, cidr_block="10.64.10.0/24", map_public_ip_on_launch=True)
table = aws.ec2.RouteTable("public", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": igw.id}])
ssh = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}
group = aws.ec2.SecurityGroup("open", vpc_id=vpc.id, ingress=[ssh])
for name, value in {"vpc": vpc.id, "subnet": subnet.id, "table": table.id, "group": group.id}.items():
    pulumi.export(name, value)
"""
READS = """\
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
vpc = aws.ec2.Vpc.get("vpc", config.require("vpc"))
subnet = aws.ec2.Subnet.get("agents", config.require("subnet"))
table = aws.ec2.RouteTable.get("agents", config.require("table"))
group = aws.ec2.SecurityGroup.get("agents", config.require("group"))
aws.ec2.RouteTableAssociation("agents", subnet_id=subnet.id, route_table_id=table.id)
aws.ec2.Instance(
    "agent",
    ami="ami-00000000000022041",
    instance_type="t3.micro",
    subnet_id=subnet.id,
    vpc_security_group_ids=[group.id],
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    tags={"Role": "openclaw-agent-harness"},
)
"""
TEMPLATE = """\
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
vpc = aws.ec2.Vpc("vpc", cidr_block="10.64.0.0/16")
subnet = aws.ec2.Subnet("agents", vpc_id=vpc.id, cidr_block="10.64.10.0/24")
table = aws.ec2.RouteTable("agents", vpc_id=vpc.id)
aws.ec2.RouteTableAssociation("agents", subnet_id=subnet.id, route_table_id=table.id)
options = {"http_tokens": config.get("tokens") or "optional", "http_put_response_hop_limit": 1}
template = aws.ec2.LaunchTemplate("template", image_id="ami-00000000000022041", instance_type="t3.micro", metadata_options=options)
versions = {"default": None, "own": template.latest_version.apply(str)}
host = config.get("host")
if host:
    aws.ec2.Instance(
        "agent",
        subnet_id=subnet.id,
        associate_public_ip_address=False,
        launch_template={"id": template.id, "version": versions.get(host, host)},
        tags={"Role": "openclaw-agent-harness"},
    )
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    own = Lab(tmp_path_factory.mktemp("reads"))
    try:
        yield own
    finally:
        own.down()


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "__main__.py").write_text(text)
    return folder


def by_engine(lab: Lab, folder: Path, *config: str) -> set[tuple[str, str]]:
    run = lab.run("preview", "dev", *config, folder=folder)
    found = {(one["policy"], one["urn"].rsplit("::", 1)[-1]) for one in run.report["violations"]}
    assert run.code == (VIOLATION if found else 0), run.talk
    return found


def by_check(lab: Lab, folder: Path) -> set[tuple[str, str]]:
    state = folder / "state.json"
    state.write_text(lab.export("dev", folder))
    done = warm.run(["-m", "containment", "check", str(state), "--format", "json"], REPOSITORY, lab.environment, timeout=60)
    cases = json.loads(done.stdout)["cases"]
    return {(case["id"], case["where"].rpartition(": ")[2]) for case in cases if case["status"] == "failed"}


def test_what_is_read_is_judged_by_the_engine_and_by_check_alike(lab: Lab, tmp_path: Path) -> None:
    network = program(tmp_path / "network", "network", NETWORK)
    made = lab.must("up", "dev", "--skip-preview", folder=network, pack=None)
    outputs = made.report["outputs"]
    config = [word for key in ("vpc", "subnet", "table", "group") for word in ("--config", f"{key}={outputs[key]}")]
    reads = program(tmp_path / "reads", "reads", READS)
    expected = {
        ("agent-host-has-no-public-ip", "agents"),
        ("agent-host-takes-no-ingress", "agents"),
        ("agent-subnet-has-no-nat-route", "agents"),
    }
    assert by_engine(lab, reads, *config) == expected
    lab.must("up", "dev", "--skip-preview", *config, folder=reads, pack=None)
    deployed = by_check(lab, reads)
    assert deployed == by_engine(lab, reads, *config)
    assert deployed == expected | {("agent-host-has-no-public-ip", "agent")}  # it has got an address by now


@pytest.mark.long
def test_a_host_is_judged_by_the_template_version_it_starts_from(lab: Lab, tmp_path: Path) -> None:
    folder = program(tmp_path / "template", "template", TEMPLATE)
    sound = ["--config", "tokens=required"]
    imds = ("agent-host-requires-imdsv2", "agent")
    for host in ("default", "1", "own"):  # the first version is the default one, and the one described
        assert by_engine(lab, folder, *sound, "--config", f"host={host}") == set()
    lab.must("up", "dev", "--skip-preview", folder=folder, pack=None)  # open, and without a host
    for host in ("default", "1", "2"):  # repaired in the same update: only the new version is described
        assert imds in by_engine(lab, folder, *sound, "--config", f"host={host}")
    for host in ("own", "$Latest"):
        assert by_engine(lab, folder, *sound, "--config", f"host={host}") == set()
    lab.must("up", "dev", "--skip-preview", *sound, folder=folder, pack=None)
    for host in ("default", "1", "$Default"):
        assert imds in by_engine(lab, folder, *sound, "--config", f"host={host}")
    for host in ("2", "own", "$Latest"):
        assert by_engine(lab, folder, *sound, "--config", f"host={host}") == set()
