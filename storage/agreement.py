"""How far two readers of a project agree, on the images that both have read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from core.agreement import ImageAgreement, cohen_kappa, compare_image
from core.domain import Contour, Decision, Finding, FindingClass, ImageId, Role
from storage.store import DEFAULT_ALPHA, Store

_NO_OPINION = (Decision.SKIPPED,)


@dataclass(frozen=True, slots=True)
class ReaderPair:
    """Two readers over all images on which both stated a decision other than a skip.

    images: what they drew, by image. kappa: of their decisions (annotated, nothing to draw, unreadable), None where it is
    not defined.
    """

    first: str
    second: str
    images: dict[ImageId, ImageAgreement]
    kappa: float | None

    @property
    def matched(self) -> int:
        """Pairs of contours that overlap."""
        return sum(len(image.pairs) for image in self.images.values())

    @property
    def unmatched(self) -> tuple[int, int]:
        """Contours without a partner, of the first and of the second reader."""
        images = self.images.values()
        return sum(image.only_first for image in images), sum(image.only_second for image in images)

    def mean(self, measure: str) -> float | None:
        """Mean 'iom', 'dice' or 'iou' of the pairs, None without any."""
        values = [getattr(pair, measure) for image in self.images.values() for pair in image.pairs]
        return fmean(values) if values else None

    @property
    def flips(self) -> tuple[int, int]:
        """Regions that are M for one and BN for the other, and all regions of the images."""
        images = self.images.values()
        return sum(image.flips for image in images), sum(image.regions for image in images)


def compare_readers(store: Store, *, readers: tuple[str, str] | None = None) -> list[ReaderPair]:
    """Every two readers who have read an image in common, or the two named. Malignant contours are compared."""
    decisions = store.all_decisions()
    drawn = {image: _by_reader(found) for image, found in store.all_findings(counting=False).items()}
    pairs = [readers] if readers is not None else list(combinations(store.readers(), 2))
    found = [_compare(store, one, other, decisions=decisions, drawn=drawn) for one, other in pairs]
    return [pair for pair in found if pair.images or readers is not None]


def _compare(
    store: Store,
    first: str,
    second: str,
    *,
    decisions: dict[ImageId, dict[str, Decision]],
    drawn: dict[ImageId, dict[str, list[Contour]]],
) -> ReaderPair:
    common = {
        image: (said[first], said[second])
        for image, said in decisions.items()
        if said.get(first, _NO_OPINION[0]) not in _NO_OPINION
        and said.get(second, _NO_OPINION[0]) not in _NO_OPINION
    }
    images = {
        image: compare_image(
            drawn.get(image, {}).get(first, []),
            drawn.get(image, {}).get(second, []),
            boxes=store.grid(image),
            alpha=DEFAULT_ALPHA,
            shape=store.shape(image),
        )
        for image in common
    }
    ones, others = [one for one, _ in common.values()], [other for _, other in common.values()]
    return ReaderPair(first, second, images, cohen_kappa(ones, others))


def _by_reader(findings: list[Finding]) -> dict[str, list[Contour]]:
    found: dict[str, list[Contour]] = {}
    for finding in findings:
        if finding.role is Role.READER and finding.finding_class is FindingClass.MALIGNANT:
            found.setdefault(finding.owner, []).append(finding.contour)
    return found
