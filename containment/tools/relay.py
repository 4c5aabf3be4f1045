"""Connect standard input and output with the gateway's Unix socket: the command of an agent's only MCP server.

It needs the standard library only and no network, so it runs inside the agent's sandbox: `python3 relay.py SOCKET`.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from typing import Final

_MOST: Final = 65536


def relay(path: str, source: int = 0, sink: int = 1) -> int:
    """Pass bytes both ways until one side ends; return 0, or 1 if there is no gateway."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(path)
    except OSError as error:
        print(f"no tool gateway at {path}: {error.strerror}", file=sys.stderr)
        return 1
    is_open = True
    with link:
        while True:
            waiting = [link.fileno(), source] if is_open else [link.fileno()]
            found, _, _ = select.select(waiting, [], [])
            if source in found:
                data = os.read(source, _MOST)
                if data:
                    link.sendall(data)
                else:
                    is_open = False
                    link.shutdown(socket.SHUT_WR)
            if link.fileno() in found:
                data = link.recv(_MOST)
                if not data:
                    return 0
                while data:
                    data = data[os.write(sink, data) :]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: relay.py SOCKET")
    raise SystemExit(relay(sys.argv[1]))
