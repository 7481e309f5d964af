"""The reading room: one mammogram on the screen, its overlays, and the tools that draw on it."""

from app.viewer.shown import ShownImage, Tool
from app.viewer.viewer import Viewer

__all__ = ["ShownImage", "Tool", "Viewer"]
