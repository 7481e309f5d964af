"""The probability plane (Fig. 6), alive: points that can be coloured, selected, opened and measured."""

from app.plane.page import PlanePage

__all__ = ["PlanePage"]
