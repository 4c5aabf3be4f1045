"""Entry point of `python -m containment`, the same command as `containment`."""

from containment.cli import main

main()
