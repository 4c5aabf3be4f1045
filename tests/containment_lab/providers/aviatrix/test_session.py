"""How the provider reaches its Controller: trust, login, release, and what it says when that fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from containment_lab.controller.server import ensure_certificate
from containment_lab.home import LabHome


def test_a_certificate_of_another_authority_is_refused_when_verified(connect: Callable[..., Any], tmp_path: Path) -> None:
    stranger = LabHome(tmp_path)
    ensure_certificate(stranger)
    with pytest.raises(Exception, match="is not trusted"):
        connect(pathToCaCertificate=str(stranger.controller_ca))
    with pytest.raises(Exception, match="is not trusted"):
        connect(pathToCaCertificate="")  # the system's authorities did not sign it either


def test_nothing_is_verified_unless_configured_as_in_the_real_provider(connect: Callable[..., Any]) -> None:
    connect(verifySslCertificate=False, pathToCaCertificate="").close()


def test_a_missing_authority_file_is_named(connect: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="there is no file /nowhere"):
        connect(pathToCaCertificate="/nowhere/ca.pem")


def test_without_a_controller_there_is_not_even_a_preview(connect: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="does not answer"):
        connect(controllerIp="127.0.0.1:1")


def test_what_a_login_needs_is_demanded(connect: Callable[..., Any]) -> None:
    assert connect(controllerIp="", password="").config_failures == ["controllerIp", "password"]


@pytest.mark.parametrize(("release", "fits"), [("9.0.10", True), ("9.0.3", True), ("10.0.1", False), ("8.2.20", False), ("", True)])
def test_provider_and_controller_must_have_the_same_major_and_minor(connect: Callable[..., Any], release: str, fits: bool) -> None:
    if fits:
        connect(release).close()
        return
    with pytest.raises(Exception, match=r"MAJOR\.MINOR"):
        connect(release)
    connect(release, skipVersionValidation=True).close()


def test_a_session_that_is_over_is_renewed_in_both_dialects(engine: Any, controller: Any) -> None:
    group, feature = engine.of("smartGroup", "renewed"), engine.of("configFeature", "k8s")
    controller.fault(match="POST app-domains", expire_sessions=True)
    group.create(name="renewed", selector={"matchExpressions": [{"cidr": "10.7.0.0/24"}]})
    controller.fault(match="get_all_controller_features", expire_sessions=True)
    feature.create(featureName="k8s", isEnabled=True)
    controller.fault(match="get_remote_syslog_logging_status", expire_sessions=True)
    engine.of("remoteSyslog", "s").create(index=2, name="s", server="10.0.0.9", port=514, protocol="UDP")
    controller.log_in()
    controller.action("disable_remote_syslog_logging", index=2)
    feature.delete()
    group.delete()


def test_a_refusal_of_the_controller_is_reported_and_the_next_try_succeeds(engine: Any, controller: Any) -> None:
    thing = engine.of("smartGroup", "unlucky")
    inputs = {"name": "unlucky", "selector": {"matchExpressions": [{"cidr": "10.8.0.0/24"}]}}
    controller.fault(match="POST app-domains", reason="database is locked", status=500)
    with pytest.raises(Exception, match="database is locked"):
        thing.create(**inputs)
    thing.create(**inputs)
    thing.delete()


def test_a_create_whose_answer_was_lost_is_taken_up_not_made_twice(engine: Any, controller: Any) -> None:
    before = set(controller.inventory()["app_domains"])
    thing = engine.of("webGroup", "answerless")
    inputs = {"name": "answerless", "selector": {"matchExpressions": [{"snifilter": "a.example"}]}}
    controller.fault(match="POST app-domains", reason="gateway timeout", status=504, after=True)
    with pytest.raises(Exception, match="gateway timeout"):
        thing.create(**inputs)
    thing.create(**inputs)
    assert set(controller.inventory()["app_domains"]) - before == {thing.id}
    thing.delete()


def test_an_older_release_lacks_newer_types(connect: Callable[..., Any]) -> None:
    old = connect("8.1.30", skipVersionValidation=True)
    for kind in ("dcfRuleset", "dcfPolicyGroup", "dcfTlsProfile", "configFeature"):
        with pytest.raises(Exception, match=r"not in provider release 8\.1\.30"):
            old.of(kind).check(name="x")
    old.close()
