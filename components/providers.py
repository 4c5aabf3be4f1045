"""The two providers of a stack, explicit: region and tags from the spec, the Controller's certificate verified."""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws

from containment.model.names import ControllerVersion


def aws_provider(region: str, tags: dict[str, str]) -> aws.Provider:
    """Return the AWS provider; credentials are the environment's."""
    return aws.Provider("aws", region=region, default_tags={"tags": tags} if tags else None)


def controller(version: ControllerVersion) -> aviatrix.Provider:
    """Return the provider for the Controller that `aviatrix:` configuration names; its certificate is verified unless told not to."""
    # The SDK that `pulumi package add` generates has one release baked in; ours is told which one the Controller needs.
    if hasattr(aviatrix, "use_release"):
        aviatrix.use_release(version.provider_release)
    config = pulumi.Config("aviatrix")
    return aviatrix.Provider(
        "controller",
        controller_ip=config.require("controllerIp"),
        username=config.require("username"),
        password=config.require_secret("password"),
        verify_ssl_certificate=config.get_bool("verifySslCertificate") is not False,
        path_to_ca_certificate=config.get("pathToCaCertificate"),
        skip_version_validation=config.get_bool("skipVersionValidation"),
    )
