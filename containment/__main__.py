"""`python -m containment` is the same as `containment`."""

from containment.cli import main

main()
