"""`python -m containment.bundle_update`: the same as `containment-bundle-update`."""

from containment.bundle_update.command_line import main

raise SystemExit(main())
