"""`python -m containment.launcher`: the same as `containment-sandbox`."""

from containment.launcher.command_line import main

raise SystemExit(main())
