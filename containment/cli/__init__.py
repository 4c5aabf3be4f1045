"""The `containment` command: one file a verb, no logic here."""


def main() -> None:
    """Run the command line (see `containment --help`)."""
    from containment.cli.app import app

    app()
