"""The version of all that makes a file's windows."""

RULES = 1
"""Raised by whoever changes what the same file, by the same backbones, becomes: its windows, its samples and frames,
what counts as silence. Features that were kept under another number are not used for other clips of the same bytes."""
