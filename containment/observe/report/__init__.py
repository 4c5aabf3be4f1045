"""Reports of an observation: tables for people, one HTML page, and the dated result files."""
