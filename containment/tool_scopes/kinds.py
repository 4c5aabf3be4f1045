"""Closed sets: what a server reaches, why an action waits for a person, and the rules that decide a call."""

from __future__ import annotations

from enum import StrEnum


class Reach(StrEnum):
    """What lies behind an MCP server, outside of the agent's own sandbox."""

    REPOSITORY = "repository"
    MEMORY = "memory"
    FILES = "files"
    BROWSER = "browser"
    SEARCH = "search"
    SAAS = "saas"
    DATABASE = "database"
    DEPLOYMENT = "deployment"
    MAIL = "mail"
    SHELL = "shell"


class ActionKind(StrEnum):
    """Kinds of actions whose effect a person decides on first."""

    DATABASE_WRITE = "database-write"
    FILE_DELETION = "file-deletion"
    DEPLOYMENT = "deployment"
    ACCESS_CHANGE = "access-change"


class Capability(StrEnum):
    """What the built-in tools of a harness can do."""

    SHELL = "shell"
    FILES_READ = "files-read"
    FILES_WRITE = "files-write"
    WEB = "web"
    BROWSER = "browser"
    MESSAGES = "messages"
    MEMORY = "memory"
    SCHEDULE = "schedule"
    AGENTS = "agents"
    DEVICES = "devices"
    CONTROL = "control"


class Rule(StrEnum):
    """The rule that decided a call."""

    PERMITTED = "permitted"
    UNKNOWN_TOOL = "unknown-tool"
    NOT_IN_TASK = "tool-not-in-task"
    NOT_REVIEWED = "tool-not-reviewed"
    CHANGED = "tool-changed"
    MALFORMED = "arguments-malformed"
    UNKNOWN_ARGUMENT = "argument-unknown"
    MISSING_ARGUMENT = "argument-missing"
    ARGUMENT_TYPE = "argument-type"
    ARGUMENT_LIMIT = "argument-limit"
    NEEDS_APPROVAL = "approval-needed"
    POLICY = "cedar-policy"
    METHOD = "method-not-served"
    SIZE = "size-limit"
    SERVER = "server-unusable"
    BUSY = "too-many-calls"
    TOO_MANY_REFUSALS = "too-many-refusals"
