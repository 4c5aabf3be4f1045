"""Commands about running agents: observe, discover, enforce, check sessions and tools, and stop."""
