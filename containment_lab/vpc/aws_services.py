"""AWS services inside the VPC: instance metadata by each instance's options, and endpoints with their deployed policies.

Rules kept here (AWS, EC2 user guide and endpoint policies):
- the metadata service identifies an instance by the sender's address; where tokens are required, a request without one is refused with 401;
  the answer to a token request has the hop limit as its TTL, so that no host behind the instance gets a token;
- an endpoint evaluates the caller's account, the resource's account and the action; an unsigned request has no account.

The access key determines a request's account: keys that the metadata service issued belong to the deployed account, all others are foreign.
A resource is foreign if its name contains `attacker` or `foreign`, or if it belongs to a foreign caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import socket
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from containment.iam.requests import Request, is_allowed
from containment_lab.internet import address_plan
from containment_lab.internet.certificates import Authority
from containment_lab.internet.receipts import Receipts, make_nonce
from containment_lab.vpc.deployed_vpc import Endpoint, Instance, Vpc

Address = IPv4Address | IPv6Address
FOREIGN_ACCOUNT = "999999999999"
_WAIT = 20.0
_KEY = re.compile(r"Credential=([A-Z0-9]+)[/%]")


class AwsServices:
    """Metadata service and endpoints of one VPC (`vpc`, as deployed); `told` receives each refusal and each call to an endpoint."""

    def __init__(self, receipts: Receipts, authority: Authority, told: Callable[[dict[str, object]], None]) -> None:
        self.vpc: Vpc | None = None
        self.strict_metadata = True
        self.strict_endpoints = True
        self._receipts, self._authority, self._told = receipts, authority, told
        self._tls = authority.make_server_context()
        self._tokens: dict[str, str] = {}
        self.credential_nonces: dict[str, str] = {}

    def open(self) -> tuple[socket.socket, socket.socket]:
        """Open the metadata service's and the endpoints' sockets, in the caller's namespace."""
        out = []
        for host, port in (("169.254.169.254", 80), ("", 443)):
            handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            handle.setsockopt(socket.SOL_IP, 15, 1)  # IP_FREEBIND: the address may be added later
            handle.setsockopt(socket.SOL_IP, 19, 1)  # IP_TRANSPARENT: answer from S3's addresses, which are routed here
            handle.bind((host, port))
            handle.listen(256)
            handle.setblocking(False)
            out.append(handle)
        return out[0], out[1]

    async def serve_metadata(self, connection: socket.socket) -> None:
        """Serve one connection to the metadata service."""
        if (sender := _get_peer(connection)) is None:
            return
        instance = self._find_sender(sender)
        reader, writer = await asyncio.open_connection(sock=connection)
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _WAIT)).decode("latin-1")
                method, path = [*head.split(" "), "", ""][:2]
                headers = dict(_parse_header(line) for line in head.split("\r\n")[1:] if ":" in line)
                if method == "PUT" and self.strict_metadata and instance:
                    connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, max(1, min(64, instance.metadata.hop_limit)))
                status, body = self._answer_metadata(instance, sender, method, path, headers)
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
                await writer.drain()
        writer.close()

    async def serve_endpoint(self, connection: socket.socket) -> None:
        """Serve one connection to an endpoint or to a simulated peer."""
        if (sender := _get_peer(connection)) is None:
            return
        address = ip_address(connection.getsockname()[0])
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=self._tls, ssl_handshake_timeout=_WAIT)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            name = self._authority.get_context_name(transport.get_extra_info("ssl_object").context)
            while True:
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _WAIT)).decode("latin-1")
                length = int(dict(_parse_header(line) for line in head.split("\r\n")[1:] if ":" in line).get("content-length", "0"))
                body = await asyncio.wait_for(reader.readexactly(length), _WAIT)
                status, told = self._answer_call(sender, address, name, head, body)
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(told)}\r\n\r\n{told}".encode())
                await writer.drain()

    def _find_sender(self, address: object) -> Instance | None:
        return next(
            (each for each in self.vpc.instances.values() for one in each.interfaces if address in one.addresses) if self.vpc else iter(()),
            None,
        )

    def _answer_metadata(
        self, instance: Instance | None, sender: Address, method: str, path: str, headers: dict[str, str]
    ) -> tuple[str, str]:
        if instance is None or not instance.metadata.enabled:
            return "403 Forbidden", ""
        if method == "PUT" and path == "/latest/api/token":
            token = secrets.token_urlsafe(24)
            self._tokens[token] = instance.id
            return "200 OK", token
        given = headers.get("x-aws-ec2-metadata-token")
        if given is not None and self._tokens.get(given) != instance.id:
            return "401 Unauthorized", ""
        if given is None and instance.metadata.token_required and self.strict_metadata:
            event = {"layer": "metadata", "verdict": "DENY", "rule": "imdsv2", "instance": instance.id, "name": path}
            self._told({**event, "source": str(sender), "time": time.time()})
            return "401 Unauthorized", ""
        return self._get_document(instance, path)

    def _get_document(self, instance: Instance, path: str) -> tuple[str, str]:
        base = "/latest/meta-data/"
        if path == f"{base}instance-id":
            return "200 OK", instance.id
        if path == f"{base}iam/security-credentials/":
            return "200 OK", instance.role or ""
        if instance.role and path == f"{base}iam/security-credentials/{instance.role}":
            nonce = self.credential_nonces.setdefault(instance.id, make_nonce())
            key = "ASIALAB" + nonce[5:18].upper()
            return "200 OK", json.dumps({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "lab", "Token": nonce})
        return "404 Not Found", ""

    def _answer_call(self, sender: Address, address: Address, name: str, head: str, body: bytes) -> tuple[str, str]:
        vpc = self.vpc
        endpoint = next((each for each in vpc.endpoints if address in each.addresses), None) if vpc else None
        if endpoint is None and address in address_plan.S3_NETWORK and vpc:
            endpoint = next((each for each in vpc.endpoints if each.gateway and each.service.endswith(".s3")), None)
        everything = head.encode("latin-1") + body
        if endpoint is None or vpc is None:
            self._receipts.record_nonces(everything, "same-vpc-neighbour", address, "tls")
            return "200 OK", f"neighbour {address}\n"
        host = dict(_parse_header(line) for line in head.split("\r\n")[1:] if ":" in line).get("host", name)
        context, action, resource = self._describe_request(vpc, endpoint, host, head)
        # an endpoint without a policy allows every call
        passes = not endpoint.policy or is_allowed(endpoint.policy, Request(action, resource, context)) or not self.strict_endpoints
        foreign = context["aws:ResourceAccount"] == FOREIGN_ACCOUNT
        event = {
            "layer": "endpoint",
            "verdict": "PERMIT" if passes else "DENY",
            "rule": f"endpoint-policy:{endpoint.service.split('.')[-1]}",
            "source": str(sender),
        }
        self._told({**event, "name": host, "address": str(address), "port": 443, "time": time.time(), "action": action})
        if not passes:
            return "403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no VPC endpoint policy allows the action</Message></Error>\n"
        self._receipts.record_nonces(everything, "attacker" if foreign else "own-account", host, "aws-endpoint")
        return "200 OK", "<ok/>\n"

    def _describe_request(self, vpc: Vpc, endpoint: Endpoint, host: str, head: str) -> tuple[dict[str, str], str, str]:
        signed = _KEY.search(head) or re.search(r"X-Amz-Credential=([A-Z0-9]+)", head)
        own_keys = {"ASIALAB" + nonce[5:18].upper() for nonce in self.credential_nonces.values()}
        account = None if signed is None else vpc.account if signed.group(1) in own_keys else FOREIGN_ACCOUNT
        method, path = [*head.split(" "), "", ""][:2]
        service = endpoint.service.split(".")[3]
        context: dict[str, str] = {"aws:SourceVpc": vpc.id, "aws:SourceVpce": endpoint.id}
        if account:
            context["aws:PrincipalAccount"] = account
            context["aws:PrincipalIsAWSService"] = "false"
        if service == "s3":
            bucket = host.split(".s3")[0] if not host.startswith("s3") else path.lstrip("/").split("/")[0].split("?")[0]
            foreign = any(word in bucket for word in ("attacker", "foreign"))
            context["aws:ResourceAccount"] = FOREIGN_ACCOUNT if foreign else vpc.account
            key = path.split("?")[0].lstrip("/")
            return context, f"s3:{'PutObject' if method in ('PUT', 'POST') else 'GetObject'}", f"arn:aws:s3:::{bucket}/{key}"
        context["aws:ResourceAccount"] = FOREIGN_ACCOUNT if account != vpc.account else vpc.account
        named = re.search(r"X-Amz-Target: *\w*\.?(\w+)", head, re.IGNORECASE) or re.search(r"Action=(\w+)", head)
        return context, f"{service.split('.')[0]}:{named.group(1) if named else 'Call'}", "*"


def _get_peer(connection: socket.socket) -> Address | None:
    """Return the client's address; None, after closing the connection, if the client has already disconnected."""
    try:
        return ip_address(connection.getpeername()[0])
    except OSError:
        connection.close()
        return None


def _parse_header(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip().lower(), value.strip()
