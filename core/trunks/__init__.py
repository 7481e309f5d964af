"""Pretrained feature extractors (trunks): images in, maps of feature vectors out.

A trunk never runs on weights that it did not check, and its key names everything that decides its features.
"""

from core.trunks.catalogue import trunk_dimension, trunk_key
from core.trunks.loading import load_trunk
from core.trunks.trunk import ALIGNMENT, Trunk

__all__ = ["ALIGNMENT", "Trunk", "load_trunk", "trunk_dimension", "trunk_key"]
