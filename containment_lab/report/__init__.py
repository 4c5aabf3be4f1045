"""The report of `containment lab report`: the facts of one run, summarized, as a page, Markdown, JSON and CSV."""
