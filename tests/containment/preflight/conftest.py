"""Facts of a place where everything is well, to be spoiled one at a time; and a lab to read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any

import pytest

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec, resolve
from containment.loaders.presets import load_library
from containment.preflight.facts import (
    AccessAccount,
    AwsFacts,
    Certificate,
    ControllerFacts,
    Facts,
    Image,
    Network,
    Quota,
    Usage,
)
from containment_lab import simulators
from containment_lab.home import LabHome

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ACCOUNT = "123456789012"
STACK = "made-up"
PREFIX = f"vca-openclaw-{STACK}"
POINT = "11111111-0000-0000-0000-000000000000"

AWS = AwsFacts(
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me",
    rights={"ec2:CreateVpc": True, "iam:CreateRole": True},
    rights_from="IAM's simulator, for the deployer",
    quotas={quota: Usage(20, 3, 0) for quota in Quota},
    vpcs=(Network("vpc-1", "other", (IPv4Network("10.9.0.0/16"),)), Network("vpc-2", PREFIX, (IPv4Network("10.42.0.0/16"),), ours=True)),
    peerings=(Network("vpc-3", "pcx-1", (IPv4Network("192.168.0.0/16"),)),),
    image=Image("ami-0123456789abcdef0", ACCOUNT, False, (), ("snap-1",), 20, None),
    public_snapshots=(),
    snapshot_sharing="block-all-sharing",
    image_sharing="block-new-sharing",
    serial_console=False,
    encryption_default=True,
    metadata_defaults={"HttpTokens": "required"},
)
CONTROLLER = ControllerFacts(
    host="controller.example",
    verified=True,
    certificate=Certificate(datetime(2027, 11, 25, tzinfo=UTC)),
    version="9.0.10",
    accounts=(AccessAccount("aws-lab", 1, ACCOUNT),),
    features={"microseg": True},
    foreign_rules=(),
    points={f"agents-{STACK}": POINT},
    attached={},
    default_action=("DENY", True),
    copilot=(True, "10.0.0.9"),
)


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library()


SpecOf = Callable[..., ContainmentSpec]


@pytest.fixture(scope="session")
def spec_of(library: Library) -> SpecOf:
    def make(**config: Any) -> ContainmentSpec:
        given = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0", "agentImageOwner": ACCOUNT, **config}
        return resolve(given, library, STACK)

    return make


@pytest.fixture
def well(spec_of: SpecOf) -> Facts:
    """Return facts with which every check passes."""
    return Facts(spec_of(), NOW, AWS, CONTROLLER)


def spoiled(facts: Facts, side: str, **changed: Any) -> Facts:
    """Return facts with some of one side's changed."""
    return replace(facts, **{side: replace(getattr(facts, side), **changed)})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHome]:
    """A lab with nothing in it: its cloud and its Controller run."""
    home = LabHome(tmp_path_factory.mktemp("preflight"))
    simulators.attach(home, "aviatrix")
    yield home
    simulators.stop_simulators(home)
