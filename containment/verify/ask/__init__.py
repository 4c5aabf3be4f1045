"""Questions about a subject, each turned into an `Answer`: one file a verb."""
