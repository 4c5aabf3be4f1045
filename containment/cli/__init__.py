"""The `containment` command: one file a verb, no logic here."""

import gc


def main() -> None:
    """Run the command line (see `containment --help`)."""
    gc.set_threshold(50_000, 20, 100)  # a command lives for seconds, and what it loads is no garbage
    from containment.cli.app import app

    app()
