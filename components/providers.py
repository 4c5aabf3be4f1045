"""The two explicit providers of a stack: AWS with region and tags of the spec, and Aviatrix with a verified certificate."""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws

from containment.names import ControllerVersion


def create_aws_provider(region: str, tags: dict[str, str]) -> aws.Provider:
    """Return the AWS provider; its credentials come from the environment."""
    return aws.Provider("aws", region=region, default_tags={"tags": tags} if tags else None)


def create_controller_provider(version: ControllerVersion) -> aviatrix.Provider:
    """Return the provider for the Controller in the `aviatrix:` configuration; `verifySslCertificate: false` skips verification."""
    # The SDK in `sdks/` serves several releases, and the Controller needs a certain one; a generated SDK has a fixed release.
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
