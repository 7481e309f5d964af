"""Errors that are the world's fault, told in a sentence that the person at the screen can act on."""

from __future__ import annotations


class UserError(Exception):
    """Something outside the program is wrong: what happened, to what, and what to do, in one sentence.

    Texts name files by their name, never by patient. Anything that is our own fault is not a UserError
    and is left to rise.
    """


class ProjectBusyError(UserError):
    """Another process has the project open for writing; the text says which."""


class UnreadableImageError(UserError):
    """An image file cannot be used; the text says why. The other files go on."""


class ManyFramesError(UnreadableImageError):
    """A file of many frames was asked for as one picture: it can be looked at frame by frame, and nothing else."""
