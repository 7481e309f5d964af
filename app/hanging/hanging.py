"""The images of one study in the places of one layout, and what is left beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.hanging.protocol import Layout, Place
from app.translation import counted, tr
from core.domain import ImageId, Laterality, View
from storage.records import ImageRecord


@dataclass(frozen=True, slots=True)
class Hung:
    """One place and the image in it, None where the study has none for it. is_prior: of an earlier study."""

    place: Place
    image: ImageRecord | None
    is_prior: bool = False


@dataclass(frozen=True, slots=True)
class Hanging:
    """How a study hangs. rest: its other images, in the order of their ids, those without side or view among them."""

    columns: int
    hung: tuple[Hung, ...]
    rest: tuple[ImageRecord, ...]

    @property
    def images(self) -> tuple[ImageRecord, ...]:
        """Those that hang."""
        return tuple(each.image for each in self.hung if each.image is not None)

    def holds(self, image_id: ImageId) -> bool:
        """Whether an image hangs."""
        return any(image.id == image_id for image in self.images)

    @property
    def text(self) -> str:
        """'6 images, 4 hung'; what is not placed is told. The images of an earlier study above are not counted."""
        hung = sum(each.image is not None and not each.is_prior for each in self.hung)
        count = hung + len(self.rest)
        words = tr("{images}, {hung} hung").format(images=counted(count, "image"), hung=hung)
        unplaced = sum(is_unplaced(image) for image in self.rest)
        return (
            tr("{words}, {unplaced} without side or view").format(words=words, unplaced=unplaced)
            if unplaced
            else words
        )


def hang(study: Sequence[ImageRecord], layout: Layout, *, opened: ImageId) -> Hanging:
    """Hang a study so that the image that is open has a place.

    Of several images of one side and view the open one hangs, else the first that can be used. An image that the layout has no place
    for, side or view being unknown, hangs alone.
    """
    images = sorted(study, key=lambda image: (image.id != opened, bool(image.failure), image.id))
    taken: set[ImageId] = set()
    hung = []
    for place in layout.places:
        found = next(
            (image for image in images if image.id not in taken and _fits(image, place, opened)), None
        )
        if found is not None:
            taken.add(found.id)
        hung.append(Hung(place, found))
    if opened not in taken:
        return hang(study, Layout("alone", "", 1, (Place(),)), opened=opened)
    rest = sorted((image for image in study if image.id not in taken), key=lambda image: image.id)
    return Hanging(layout.columns, tuple(hung), tuple(rest))


def with_prior(hanging: Hanging, prior: Sequence[ImageRecord], *, opened: ImageRecord) -> Hanging:
    """The same with an earlier study of the patient above, in the same order of places.

    Where the open image hangs alone, its counterpart of the earlier study hangs above it.
    """
    above = []
    for each in hanging.hung:
        place = each.place if each.place.laterality is not None else Place(opened.laterality, opened.view)
        found = next(
            (
                image
                for image in sorted(prior, key=lambda image: bool(image.failure))
                if (image.laterality, image.view) == (place.laterality, place.view)
            ),
            None,
        )
        above.append(Hung(place, found, is_prior=True))
    return Hanging(hanging.columns, (*above, *hanging.hung), hanging.rest)


def is_unplaced(image: ImageRecord) -> bool:
    """Whether no place of a protocol can hold it: its side or view is not known."""
    return image.laterality is Laterality.UNKNOWN or image.view is View.UNKNOWN


def _fits(image: ImageRecord, place: Place, opened: ImageId) -> bool:
    if place.laterality is None:
        return image.id == opened
    return (image.laterality, image.view) == (place.laterality, place.view)
