"""Hints: rules and words that staff edit, what they find, and what resembles what."""
