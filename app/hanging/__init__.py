"""Which images of a study hang where: protocols as data, and the hanging of one study. No Qt here."""

from app.hanging.hanging import Hanging, Hung, hang, is_unplaced, with_prior
from app.hanging.protocol import Layout, Place, Protocol, load_protocol

__all__ = [
    "Hanging",
    "Hung",
    "Layout",
    "Place",
    "Protocol",
    "hang",
    "is_unplaced",
    "load_protocol",
    "with_prior",
]
