"""Servers of the tests' internet: they answer with what they received, and keep a line for every connection.

Run in a network namespace: `python -m tests.containment.local_proxy.internet FOLDER`.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path

PORTS = {80: False, 443: True, 8080: False, 8443: True}
"""Ports with an HTTP server, and whether it has TLS."""
ECHO = 7000


async def main(folder: Path) -> None:
    """Serve until the process is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    names = list[str]()
    context.sni_callback = lambda _, name, __: names.append(str(name))

    def note(**facts: object) -> None:
        with (folder / "received.jsonl").open("a") as out:
            out.write(json.dumps(facts) + "\n")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        head = b""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            body = await reader.readexactly(length) if length else b""
            if b"chunked" in head.lower():
                body = await reader.readuntil(b"0\r\n\r\n")
            content = json.dumps({"head": head.decode("latin-1"), "body": body.decode("latin-1")}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(content) + content)
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            note(address=address, port=port, head=head.decode("latin-1"), names=names[-1:])
            writer.close()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        total = 0
        while data := await reader.read(65536):  # the answer comes after the end of the request alone
            total += len(data)
        writer.write(b"%d bytes" % total)
        await writer.drain()
        writer.close()
        note(address=address, port=port, total=total)

    for port, tls in PORTS.items():
        await asyncio.start_server(answer, "0.0.0.0", port, ssl=context if tls else None, ssl_handshake_timeout=5 if tls else None)
    await asyncio.start_server(echo, "0.0.0.0", ECHO)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
