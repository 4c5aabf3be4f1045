"""`containment approve`: sign a request, or decide about the actions of agents that wait for a person."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import ask_passphrase, print_and_exit, refuse_usage, show
from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import Folder, ReasonInWords, TextIn, print_answer, take_format
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.renderers import Format
from containment.queries.results import Answer

_DEFAULT = "request"

app = typer.Typer(help="Approve or reject what waits for a person.", no_args_is_help=True, cls=make_group(_DEFAULT))

Key = Annotated[str, typer.Option("--key", help="Your Ed25519 key file in PEM, or awskms:KEY-ID.")]
As = Annotated[str, typer.Option("--as", help="Your name in approvers.yaml.")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without a prompt; required without a terminal.")]
Action = Annotated[str, typer.Argument(help="The action's id, from `approve list`.")]


@app.command(_DEFAULT, epilog=build_epilog("approve request"))
@take_format(TextIn)
def request(
    request: Annotated[Path, typer.Argument(help="A file that `containment request` wrote.")],
    key: Key,
    as_: As,
    reject: Annotated[bool, typer.Option("--reject", help="Record a signed rejection.")] = False,
    yes: Yes = False,
    folder: Folder = Path(),
    *,
    chosen: Format,
) -> None:
    """Sign one decision after showing exactly what it decides.

    Refused with a distinct code if you requested it, lack the role, or the request ended; each refusal is recorded. `approve FILE` is short
    for `approve request FILE`.
    """
    from containment.queries.records.decisions import check_signing, describe_request, sign_request
    from containment.record.request import read_request

    reader = InputReader("the request cannot be signed")
    pending = reader.read(lambda: read_request(request))
    reader.read(lambda: check_signing(as_, key, folder))
    reader.require()
    envelope = pending.value
    if chosen is Format.TABLE:
        show(describe_request(envelope.decision, request), chosen)
    _confirm("Sign your NO to this decision?" if reject else "Approve exactly this decision?", yes=yes)
    answer = sign_request(
        request,
        envelope,
        key=key,
        person=as_,
        is_rejected=reject,
        folder=folder,
        now=datetime.now(UTC),
        ask_passphrase=ask_passphrase,
    )
    print_and_exit(answer, chosen)


@app.command("list", epilog=build_epilog("approve list"))
@print_answer(TextIn)
def list_(folder: Folder = Path()) -> Answer:
    """List the actions that wait for a decision."""
    from containment.queries.records.decisions import list_actions

    return list_actions(folder, datetime.now(UTC))


@app.command("show", epilog=build_epilog("approve show"))
@take_format(TextIn)
def show_(action: Action, folder: Folder = Path(), *, chosen: Format) -> None:
    """Show exactly what one action does, in full."""
    from containment.queries.records.decisions import describe_action, read_case

    answer, rows = describe_action(read_case(folder, action), datetime.now(UTC))
    if chosen is Format.TABLE:
        from containment.human_gate.view import render_rows

        typer.echo(f"{answer.headline}\n\n{render_rows(rows)}")
        raise typer.Exit(int(answer.exit))
    print_and_exit(answer, chosen)


@app.command("approve", epilog=build_epilog("approve approve"))
@take_format(TextIn)
def approve(
    action: Action,
    key: Key,
    as_: As,
    reason: ReasonInWords = "",
    yes: Yes = False,
    folder: Folder = Path(),
    *,
    chosen: Format,
) -> None:
    """Approve exactly one action after showing it in full.

    Refused with a distinct code if you requested it, lack the role, decided already, or its deadline passed; each refusal is recorded.
    """
    _decide(action, key, as_, reason, is_rejected=False, yes=yes, folder=folder, chosen=chosen)


@app.command("reject", epilog=build_epilog("approve reject"))
@take_format(TextIn)
def reject(
    action: Action,
    key: Key,
    as_: As,
    reason: ReasonInWords,
    yes: Yes = False,
    folder: Folder = Path(),
    *,
    chosen: Format,
) -> None:
    """Reject one action after showing it in full.

    One rejection is final, whatever others decide.
    """
    _decide(action, key, as_, reason, is_rejected=True, yes=yes, folder=folder, chosen=chosen)


@app.command("serve", epilog=build_epilog("approve serve"))
@take_format(TextIn)
def serve(
    key: Key,
    as_: As,
    host: Annotated[str, typer.Option("--host", help="A loopback address; others are refused.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 selects a free port.", min=0, max=65535)] = 0,
    folder: Folder = Path(),
    *,
    chosen: Format,
) -> None:
    """Serve one local page on which you decide, until Ctrl-C.

    Prints a link that opens one session. Decisions on the page are signed with --key, so the page is for one person.
    """
    from containment.extras import APPROVAL_PAGE

    APPROVAL_PAGE.require()
    from containment.approval_page.server import require_loopback, serve_page
    from containment.queries.records.decisions import check_signing, load_reviewer

    reader = InputReader("no page is served")
    reader.read(lambda: require_loopback(host))
    reader.read(lambda: check_signing(as_, key, folder))
    reader.require()
    approver, signer = load_reviewer(as_, key, folder, ask_passphrase)
    serve_page(folder, approver, signer, host=host, port=port, announce=lambda link: _announce(as_, link, chosen))


def _decide(action: str, key: str, person: str, reason: str, *, is_rejected: bool, yes: bool, folder: Path, chosen: Format) -> None:
    from containment.human_gate.view import render_rows
    from containment.queries.records.decisions import check_signing, decide, describe_action, load_reviewer, read_case

    reader = InputReader("nothing is decided")
    found = reader.read(lambda: read_case(folder, action))
    reader.read(lambda: check_signing(person, key, folder))
    reader.require()
    case = found.value
    if chosen is Format.TABLE:
        typer.echo(render_rows(describe_action(case, datetime.now(UTC))[1]))
    _confirm("Sign your NO to this action?" if is_rejected else "Approve exactly this action, once?", yes=yes)
    reviewer, signer = load_reviewer(person, key, folder, ask_passphrase)
    answer = decide(case, folder=folder, reviewer=reviewer, signer=signer, is_rejected=is_rejected, reason=reason, now=datetime.now(UTC))
    print_and_exit(answer, chosen)


def _announce(person: str, link: str, chosen: Format) -> None:
    """Print the link at once, also into a pipe."""
    head = f"{person} decides on this page; the link opens one session, once:"
    if chosen is Format.TABLE:
        typer.echo(f"{head}\n{link}")  # not wrapped, so that the link stays one word
    else:
        show(Answer("approve-serve", head, Exit.OK, data={"person": person, "link": link}), chosen)
    sys.stdout.flush()


def _confirm(question: str, *, yes: bool) -> None:
    """Ask for a yes; end the command without one."""
    if yes:
        return
    if not sys.stdin.isatty():
        refuse_usage(
            "--yes",
            "is not given, and this is no terminal",
            "a person reads the decision before it is signed",
            "run it in a terminal, or repeat it with --yes",
        )
    typer.confirm(question, abort=True)
