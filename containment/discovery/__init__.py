"""Discovery: agents, MCP servers, model connections, tools and skills on this machine or in this container, compared with the class.

Files and `/proc` are read; nothing that is found is executed, resolved or contacted. What cannot be read for want of rights is counted as
NOT SEEN.
"""
