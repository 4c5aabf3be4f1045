"""The language host answers the engine, and ends with it. No CLI is needed here."""

from __future__ import annotations

import socket
import subprocess
import sys

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from tests.real_engine.driver import LANGUAGE_HOST
from tests.real_engine.language_host import interpreter


@pytest.mark.parametrize("how", ["interrupted", "engine gone"])
def test_the_host_serves_until_it_is_interrupted_or_the_engine_is_gone(how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        command = [sys.executable, str(LANGUAGE_HOST), f"127.0.0.1:{engine.getsockname()[1]}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
            assert host.stdout is not None
            try:
                with grpc.insecure_channel(f"127.0.0.1:{host.stdout.readline().strip()}") as channel:
                    stub = language_pb2_grpc.LanguageRuntimeStub(channel)
                    stub.Handshake(language_pb2.LanguageHandshakeRequest(), timeout=30)
                    assert stub.GetPluginInfo(empty_pb2.Empty(), timeout=30).version == ""
                    refused = stub.RunPlugin(language_pb2.RunPluginRequest(kind="resource"), timeout=30)
                    with pytest.raises(grpc.RpcError, match="not a plugin of kind 'resource'"):
                        list(refused)
                assert host.poll() is None
                if how == "interrupted":
                    host.send_signal(2)
                else:
                    engine.close()
                assert host.wait(60) == 0
            finally:
                host.kill()


def test_a_virtual_environment_is_relative_to_its_folder_and_python3_is_the_default() -> None:
    info = language_pb2.ProgramInfo(root_directory="/srv/pack")
    assert interpreter(info) == "python3"
    info.options.update({"virtualenv": "../.venv"})
    assert interpreter(info) == "/srv/pack/../.venv/bin/python"
    info.options.update({"virtualenv": "/srv/venv"})
    assert interpreter(info) == "/srv/venv/bin/python"
