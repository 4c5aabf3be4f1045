"""ARNs of other accounts in types that no rule judges: keys, topics, streams, queues and roles of somebody else.

A harmless type stays harmless only while what it refers to is this account's: a log group under another account's key can be made
unreadable by that account, and a notice to another account's topic leaves. So every property whose whole value is an ARN is compared,
also properties that a later provider release adds. Types that rules judge may name other accounts in documents, which those rules
read; of them, the ARNs of keys are compared. A property with a bound is judged by its bound, and ARNs without an account (buckets,
objects of AWS) name none. Left out are texts, which refer to nothing: names, descriptions, tags, and the properties of `_TEXTS`.

While nothing proves the hosts' account, as in a first preview, no ARN is compared yet: any account may be the hosts', and the update
knows the hosts' ARNs. What a bound names (an alarm's topic, a policy) is refused until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from policypack.facts.iam.account import find_own_accounts
from policypack.facts.iam.conditions import parse_account
from policypack.graph.resources import Graph, Resource
from policypack.type_table.table import TypeLine

_AWS: Final = "aws:"
_KEYS: Final = "kms"
_TAGS: Final = ("tags", "tagsAll", "description", "name")
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:guardduty/filter:Filter": ("findingCriteria",),
    "aws:inspector2/filter:Filter": ("filterCriterias", "filterCriteria"),
    "aws:macie/findingsFilter:FindingsFilter": ("findingCriteria",),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString",),
    "aws:securityhub/automationRule:AutomationRule": ("criteria",),
    "aws:securityhub/insight:Insight": ("filters",),
    "aws:securityhub/productSubscription:ProductSubscription": ("productArn",),  # a vendor's product, which only sends findings here
    "aws:ssm/parameter:Parameter": ("value", "insecureValue"),
}
"""Types and their properties that keep or compare text; AWS looks up nothing by it."""


def find_foreign_arns(line: TypeLine, resource: Resource, graph: Graph | None) -> Iterator[str]:
    """Yield a description of each property that is the ARN of a resource in another account.

    Args:
        line: the type's line in the table.
        resource: the resource to compare.
        graph: the whole program; None while only inputs are known, when no account is proved.
    """
    if graph is None or resource.is_read or not resource.type.startswith(_AWS):
        return
    own = find_own_accounts(graph)
    if not own:
        return
    texts = {*_TAGS, *_TEXTS.get(resource.type, ()), *(bound.path.replace("[]", "") for bound in line.bounds)}
    for path, arn in _find_arns(texts, "", dict(resource.props)):
        account = parse_account(arn)
        is_foreign = account and account not in own and not _is_created(graph, arn)
        if is_foreign and (not line.is_judged or _get_service(arn) == _KEYS):
            yield f"{path} is {arn!r}, of account {account}, and the hosts' account is {', '.join(sorted(own))}"


def _find_arns(texts: set[str], path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield path and value of every string that is an ARN, below properties that are not texts."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            below = f"{path}.{key}" if path else str(key)
            if below not in texts and not str(key).startswith("__"):
                yield from _find_arns(texts, below, each)
    elif isinstance(value, list):
        for each in value:
            yield from _find_arns(texts, path, each)
    elif isinstance(value, str) and value.startswith("arn:"):
        yield path, value


def _get_service(arn: str) -> str:
    return arn.split(":")[2]


def _is_created(graph: Graph, arn: str) -> bool:
    """Return whether an ARN is of a resource that the program creates."""
    made = graph.compute_once(find_foreign_arns, lambda: frozenset(str(one.get_output("arn")) for one in graph.resources))
    return arn in made or arn.removesuffix(":*") in made
