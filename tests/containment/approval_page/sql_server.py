"""An MCP server over stdio with one tool, a database write that waits for a person. Run as a program: FOLDER DATABASE."""

from __future__ import annotations

import sys
from pathlib import Path

from mcp.server import MCPServer

from containment.actions.action import Action, ActionKind
from containment.human_gate.gate import HumanGate
from tests.containment.human_gate.execution import ActionDenied, execute

POLICY = "sha256:" + "1" * 64


def build_server(gate: HumanGate, database: Path) -> MCPServer:
    """Return the server; the database is a file with one line per executed statement."""
    server = MCPServer("orders-db")

    @server.tool()
    async def run_sql(sql: str) -> str:
        """Execute one statement, once a person approved it."""
        action = Action(
            kind=ActionKind.DATABASE_WRITE,
            tool="run_sql",
            target="orders-db",
            arguments={"sql": sql},
            policy_digest=POLICY,
            requested_by="coding",
            task="deployment",
        )

        async def act(approved: Action) -> str:
            with database.open("a") as out:
                out.write(f"{approved.arguments['sql']}\n")
            return "1 row"

        try:
            return await execute(gate, action, act)
        except ActionDenied as denied:
            return f"denied: {denied}"

    return server


if __name__ == "__main__":
    folder, data = map(Path, sys.argv[1:])
    with HumanGate(folder, stack="coding", agent_class="coding", read_policy=lambda: POLICY) as opened:
        build_server(opened, data).run()
