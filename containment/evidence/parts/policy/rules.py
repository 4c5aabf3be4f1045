"""Part `rules`: the ordered rule table of the stack, as `containment plan` shows it."""

from __future__ import annotations

from containment.evidence.inputs import Inputs
from containment.evidence.model import Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import ContentModel, PartForm, join_reasons, make_yes_or_no, parse_content
from containment.policy.invariants import find_broken_invariants


class RuleContent(ContentModel):
    """One rule."""

    name: str
    action: str
    watch: bool


class QuestionContent(ContentModel):
    """A destination of the class that the company has not named."""

    question: str


class RulesContent(ContentModel):
    """The facts that the judges read."""

    default_action: str
    rules: tuple[RuleContent, ...]
    open_questions: tuple[QuestionContent, ...] = ()
    broken_invariants: tuple[str, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the rule table."""
    broken = [str(problem) for problem in find_broken_invariants(inputs.spec, inputs.ruleset)]
    return Collected(inputs.describe_plan(inputs.spec, inputs.ruleset, broken))


def judge(content: Content, _contents: Contents) -> Judgement:
    """Return the claims about the rule table."""
    found = parse_content(RulesContent, content)
    names = [rule.name for rule in found.rules]
    return Judgement(
        (
            make_yes_or_no(
                "default-deny", "everything that no rule permits is denied", found.default_action == "DENY", found.default_action
            ),
            make_yes_or_no(
                "ordered",
                f"{len(names)} rules are in one order, each with a name of its own",
                0 < len(names) == len(set(names)),
                "there is no rule, or a name is used twice",
            ),
            make_yes_or_no(
                "invariants",
                "the rules keep every invariant of the program",
                not found.broken_invariants,
                join_reasons(found.broken_invariants),
            ),
        ),
        Origin.FILES,
    )


PART = PartForm(PartName.RULES, "Rule table", "Which rules decide, and in which order?", collect, judge)
