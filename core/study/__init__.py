"""The cost study: what annotating is worth, and in which order."""
