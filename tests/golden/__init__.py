"""Golden files of the names that users, state files, waivers and scripts depend on; `python -m tests.golden --write` rewrites them."""
