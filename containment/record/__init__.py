"""The record of decisions: who approved what, in an append-only log that shows every later change."""
