"""The gateway in front of an agent's MCP servers: which tools a task may call, with which arguments, and what waits for a person."""
