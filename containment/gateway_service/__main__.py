"""Run the decision service, or write Envoy's configuration: `python -m containment.gateway_service`."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from containment.credential_gateway.envoy import EnvoySettings, ListenerTls, build_envoy_configuration
from containment.errors import ContainmentError
from containment.exit_code import Exit
from containment.files.whole_files import write_whole
from containment.gateway_service.authorizer import Authorizer
from containment.gateway_service.configuration import read_configuration
from containment.gateway_service.keys import KeyStore
from containment.gateway_service.server import run


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands, and return its exit code."""
    options = _build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ContainmentError as error:
        print(error, file=sys.stderr)
        return Exit.ERROR


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="containment.gateway_service", description="The credential gateway's decision service.")
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="answer Envoy's checks")
    serving.set_defaults(run=_serve)
    writing = commands.add_parser("envoy", help="write Envoy's configuration")
    writing.set_defaults(run=_write_envoy)
    for each in (serving, writing):
        each.add_argument("--config", type=Path, required=True, help="the gateway's configuration (JSON)")
        each.add_argument("--socket", type=Path, required=True, help="the Unix socket of the service")
    writing.add_argument("--output", type=Path, required=True, help="the file to write")
    writing.add_argument("--port", type=int, required=True, help="the port to listen on")
    writing.add_argument("--address", default="0.0.0.0", help="the address to listen on")  # noqa: S104 - its security group names the clients
    writing.add_argument("--certificate", help="the listener's certificate (PEM); with --key")
    writing.add_argument("--key", help="the listener's private key (PEM)")
    writing.add_argument("--authorities", default="/etc/ssl/certs/ca-certificates.crt", help="authorities of destinations (PEM)")
    writing.add_argument("--access-log", help="the file of the access log; standard output by default")
    return parser


def _serve(options: argparse.Namespace) -> int:
    # A core file would have the keys in it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found, table = read_configuration(options.config)
    reader = boto3.client("secretsmanager", region_name=found.region)
    keys = KeyStore(reader, table.secrets, found.longest_seconds)
    asyncio.run(run(Authorizer(table, keys, _print_record), keys, options.socket, found.refresh_seconds, _print_problem))
    return Exit.OK


def _write_envoy(options: argparse.Namespace) -> int:
    _, table = read_configuration(options.config)
    if bool(options.certificate) != bool(options.key):
        print("--certificate and --key are set together, or neither", file=sys.stderr)
        return Exit.USAGE
    settings = EnvoySettings(
        address=options.address,
        port=options.port,
        tls=ListenerTls(certificate=options.certificate, key=options.key) if options.key else None,
        service_socket=str(options.socket),
        authorities=options.authorities,
        access_log=options.access_log,
    )
    write_whole(options.output, json.dumps(build_envoy_configuration(table, settings), indent=1) + "\n", 0o600)
    return Exit.OK


def _print_record(record: dict[str, Any]) -> None:
    print(json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **record}), flush=True)


def _print_problem(text: str) -> None:
    print(json.dumps({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "problem": text}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
