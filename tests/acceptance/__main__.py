"""Print how many lines of each acceptance list have a test with a planted failure, and what is not tested with its reason."""

from __future__ import annotations

from tests.acceptance.lists import count_lines, is_left_to_packets, load_lists


def main() -> None:
    """Print the counts, then each line that lacks something."""
    lists = load_lists()
    for name, counts in count_lines(lists).items():
        print(f"{name}: {counts.covered} of {counts.all} lines have a test with a planted failure; {counts.partly} of them lack a part")
    for name, lines in lists.items():
        for key, line in lines.items():
            if line.lacks:
                print(f"{name} {key}: NOT TESTED: {line.lacks}")
    names = {one for lines in lists.values() for line in lines.values() for one in line.list_names()}
    print(f"{len(names)} tests; in `make packets` only: {', '.join(sorted(filter(is_left_to_packets, names)))}")


if __name__ == "__main__":
    main()
