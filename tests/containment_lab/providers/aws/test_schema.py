"""What the cloud computes is read from the installed package, for types served and not."""

from __future__ import annotations

from containment_lab.providers.aws.schema import read_type


def test_an_instance_computes_what_the_real_provider_computes() -> None:
    known = read_type("aws:ec2/instance:Instance")
    assert {"arn", "associatePublicIpAddress", "metadataOptions", "ipv6Addresses", "publicIp", "subnetId"} <= known.computed
    assert not {"sourceDestCheck", "userData", "launchTemplate", "tags"} & known.computed
    assert "ami" in known.inputs
    assert "publicIp" not in known.inputs


def test_required_inputs_are_not_computed() -> None:
    known = read_type("aws:ec2/subnet:Subnet")
    assert known.required == {"vpcId"}
    assert "vpcId" not in known.computed


def test_types_in_modules_with_other_names_are_found() -> None:
    assert read_type("aws:lambda/function:Function").required == {"role"}
    assert read_type("aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment").inputs >= {"instanceId", "deviceIndex"}


def test_an_unknown_type_is_known_as_unknown() -> None:
    assert not read_type("aws:ec2/nothing:Nothing").known
    assert not read_type("aws:nowhere/thing:Thing").known
