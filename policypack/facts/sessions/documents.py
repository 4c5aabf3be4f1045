"""Session documents of Systems Manager: what a session runs as, how long it stays open, what is recorded, and where it forwards to.

Only documents of type Session are judged here; the table of types refuses every other type.
A value that is a parameter (`{{ name }}`) is chosen by whoever opens the session, so it is never the value that a rule demands.
Source: AWS Systems Manager User Guide, "Session document schema"; `aws:ssm/document:Document`, provider release 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from containment import strict_json
from containment.loaders import strict_yaml
from containment.ternary import Ternary
from policypack.graph.plain_data import UNKNOWN, describe, is_some, is_true
from policypack.graph.resources import Graph, Resource

DOCUMENT: Final = "aws:ssm/document:Document"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_PARAMETER: Final = "{{"
_MOST_IDLE, _MOST_DURATION = 60, 1440
"""Minutes that Session Manager accepts at most."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}")
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_ADMINISTRATORS: Final = frozenset(
    {
        *("root", "toor", "ssm-user", "ec2-user", "ubuntu", "admin", "administrator", "debian", "centos", "fedora", "rocky", "almalinux"),
        *("cloud-user", "core", "opc", "bitnami", "azureuser", "vagrant", "wheel", "sudo"),
    }
)
"""Users with rights of root: root, Session Manager's own, and the default users of images, which have sudo without a password."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def find_document_faults(document: Resource) -> Iterator[str]:
    """Yield, in words, what a document permits beyond a recorded session; content that is not known yet is judged once it is."""
    if document.get("documentType") != "Session":
        return
    if is_some(document.get("permissions")) is not Ternary.NO:
        yield "is shared with other accounts: permissions is set"
    if is_some(document.get("attachmentsSources")) is not Ternary.NO:
        yield "brings files with it: attachmentsSources is set"
    content = document.get("content")
    if content is UNKNOWN:
        return
    parsed = _parse(content, document.get("documentFormat"))
    if not isinstance(parsed, dict):
        yield "has content that cannot be read, so its sessions cannot be judged"
        return
    yield from _find_content_faults(parsed)


def _parse(content: Any, form: Any) -> Any:
    """Return the content as data; None for text that is invalid, or of a format that is not known."""
    if not isinstance(content, str):
        return content
    load = {None: strict_json.load, "JSON": strict_json.load, "YAML": strict_yaml.load}.get(form)
    try:
        return load(content) if load is not None else None
    except (ValueError, RecursionError):
        return None


def _find_content_faults(content: dict[str, Any]) -> Iterator[str]:
    kind = content.get("sessionType")
    if content.get("schemaVersion") != "1.0":
        yield f"has schemaVersion {describe(content.get('schemaVersion'))}, and session documents have 1.0"
    if kind == "Standard_Stream":
        yield from _find_shell_faults(content.get("inputs") or {})
    elif kind == "Port":
        yield from _find_forwarding_faults(content.get("properties") or {})
    else:
        yield f"has sessionType {describe(kind)}: only Standard_Stream (a shell) and Port (forwarding) are reviewed"


def _find_shell_faults(inputs: Any) -> Iterator[str]:
    if not isinstance(inputs, dict):
        yield "has inputs that are no object"
        return
    group, bucket = inputs.get("cloudWatchLogGroupName"), inputs.get("s3BucketName")
    if not group and not bucket:
        yield "leaves no record: neither cloudWatchLogGroupName nor s3BucketName is set"
    if group and is_true(inputs.get("cloudWatchEncryptionEnabled")) is not Ternary.YES:
        yield "accepts a log group without a key: cloudWatchEncryptionEnabled is not true"
    if group and not bucket and is_true(inputs.get("cloudWatchStreamingEnabled")) is not Ternary.YES:
        yield "writes its record only when it ends, which a stopped host never does: cloudWatchStreamingEnabled is not true"
    if bucket and is_true(inputs.get("s3EncryptionEnabled")) is not Ternary.YES:
        yield "accepts a bucket without encryption: s3EncryptionEnabled is not true"
    for name, what in (("cloudWatchLogGroupName", group), ("s3BucketName", bucket)):
        if what and _PARAMETER in str(what):
            yield f"lets whoever opens a session choose where its record goes: {name} is {what}"
    yield from _find_limit_faults(inputs, "idleSessionTimeout", _MOST_IDLE, "stays open when nobody types")
    yield from _find_limit_faults(inputs, "maxSessionDuration", _MOST_DURATION, "stays open without an end")
    yield from _find_user_faults(inputs)


def _find_limit_faults(inputs: dict[str, Any], key: str, most: int, effect: str) -> Iterator[str]:
    value = inputs.get(key)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text) or int(text) > most:
        yield f"{effect}: {key} is {describe(value)}, and must be 1 to {most} minutes"


def _find_user_faults(inputs: dict[str, Any]) -> Iterator[str]:
    user = inputs.get("runAsDefaultUser")
    if is_true(inputs.get("runAsEnabled")) is not Ternary.YES:
        yield "runs as ssm-user, who has sudo: runAsEnabled is not true"
    elif not isinstance(user, str) or not _USER.fullmatch(user) or user in _ADMINISTRATORS:
        yield f"runs as {describe(user or None)}: runAsDefaultUser must be a user without rights of root"


def _find_forwarding_faults(properties: Any) -> Iterator[str]:
    if not isinstance(properties, dict):
        yield "has properties that are no object"
        return
    host, kind = properties.get("host"), properties.get("type")
    if host not in (None, "") and host not in _LOOPBACK:
        yield f"forwards past the agent host to {host}: host is set, and only the host's own loopback is for operators"
    if kind != "LocalPortForwarding":
        yield f"forwards by {describe(kind)}: type must be LocalPortForwarding"


def find_record_faults(graph: Graph, document: Resource) -> Iterator[str]:
    """Yield the faults of the log group and the bucket that a document's records go to, which are resources of the program.

    Args:
        graph: the program.
        document: a document of type Session.
    """
    parsed = _parse(document.get("content"), document.get("documentFormat"))
    inputs = parsed.get("inputs") if isinstance(parsed, dict) and parsed.get("sessionType") == "Standard_Stream" else None
    if not isinstance(inputs, dict):
        return
    group, bucket = inputs.get("cloudWatchLogGroupName"), inputs.get("s3BucketName")
    if group and _PARAMETER not in str(group):
        made = _find_named(graph, (LOG_GROUP,), "name", group)
        if made is None:
            yield f"writes records to the log group {group}, which is not in this program: its key and its readers cannot be seen"
        elif is_some(made.get("kmsKeyId")) is Ternary.NO:
            yield f"writes records to {made.label}, which has no key: kmsKeyId is not set"
    if bucket and _PARAMETER not in str(bucket) and _find_named(graph, BUCKETS, "bucket", bucket) is None:
        yield f"writes records to the bucket {bucket}, which is not in this program: its readers cannot be seen"


def _find_named(graph: Graph, types: tuple[str, ...], key: str, name: Any) -> Resource | None:
    return next((one for one in graph.find_by_type(*types) if name in (one.get(key), one.get_output(key))), None)


def is_session(document: Resource) -> bool:
    """Return whether a document is one for sessions."""
    return document.type == DOCUMENT and document.get("documentType") == "Session"
