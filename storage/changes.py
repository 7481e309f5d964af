"""What a write touched, so that each view refreshes only what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain import ImageId


@dataclass(frozen=True, slots=True)
class Changes:
    """Images whose rows, findings, labels or decisions changed, and which lists are no longer as they were.

    `findings`: some contour changed (of an image in `images`). `models`: the list of models or the current
    one. `ranking`: the order of the worklist. `everything`: read all anew, as after an import.
    """

    images: frozenset[ImageId] = frozenset()
    findings: bool = False
    models: bool = False
    ranking: bool = False
    everything: bool = False

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            images=self.images | other.images,
            findings=self.findings or other.findings,
            models=self.models or other.models,
            ranking=self.ranking or other.ranking,
            everything=self.everything or other.everything,
        )

    def __bool__(self) -> bool:
        return bool(self.images) or self.findings or self.models or self.ranking or self.everything

    def touches(self, image_id: ImageId) -> bool:
        """Whether what is shown of this image may have changed."""
        return self.everything or image_id in self.images
