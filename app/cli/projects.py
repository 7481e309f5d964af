"""What several commands do with a project: find images and models, match the contours of a COCO file to images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.domain import Contour, FindingClass, ImageId, ModelId
from core.errors import UserError
from core.regions import clip_to_image, reaches_outside
from storage.importing.coco import CocoContour, read_contours
from storage.importing.walk import FileIndex
from storage.records import ImageRecord, ModelRecord
from storage.store import Store


@dataclass(frozen=True, slots=True)
class FoundContours:
    """Contours of a file that belong to one image and are not on it yet, and sentences about the others."""

    new: tuple[CocoContour, ...]
    notes: tuple[str, ...]


def find_image(store: Store, number: int) -> ImageRecord:
    """An image by the number that `label --list` shows. Raises UserError where there is none."""
    try:
        return store.image(ImageId(number))
    except KeyError as error:
        raise UserError(
            f"There is no image number {number} in this project. `lesionloop label PROJECT --list` shows the numbers."
        ) from error


def find_model(store: Store, number: int | None) -> ModelRecord:
    """A model by its number, or the current one. Raises UserError where there is none."""
    if number is None:
        model = store.current_model()
        if model is None:
            raise UserError("There is no model in this project yet: train one first.")
        return model
    try:
        return store.model(ModelId(number))
    except KeyError as error:
        known = ", ".join(str(model.id) for model in store.models()) or "none yet"
        raise UserError(f"There is no model number {number} in this project; there are: {known}.") from error


def contours_by_image(
    path: Path, images: Iterable[ImageRecord]
) -> tuple[dict[ImageId, list[Contour]], list[str]]:
    """Malignant contours of a COCO file by the image that they belong to, and what could not be used."""
    read = read_contours(path)
    matching = _Matching(images, root=path.absolute().parent)
    found: dict[ImageId, list[Contour]] = {}
    unmatched = set()
    for item in read.contours:
        image_id = matching.find(item)
        if image_id is None:
            unmatched.add(item.file_name)
        elif item.finding_class is FindingClass.MALIGNANT:
            found.setdefault(image_id, []).append(item.contour)
    notes = [f"{name}: {reason}" for name, reason in read.failed]
    if unmatched:
        notes.append(f"Contours of {len(unmatched)} images of {path.name} belong to no image of the project.")
    return found, notes


def findings_for(path: Path, image: ImageRecord, store: Store) -> FoundContours:
    """The contours of a COCO file that belong to an image and are not on it yet.

    A file about one image only is taken whatever it calls the image, unless it is another one of the project.
    Raises UserError where nothing in the file can be used for this image.
    """
    read = read_contours(path)
    matching = _Matching(store.images(), root=path.absolute().parent)
    is_alone = len({item.file_name for item in read.contours}) == 1
    meant = [(item, matching.find(item)) for item in read.contours]
    mine = [item for item, found in meant if found == image.id or (is_alone and found is None)]
    if not mine:
        reasons = [f" The first that cannot be used: {name}: {reason}" for name, reason in read.failed[:1]]
        raise UserError(
            "".join([f"{path.name} holds no contour for image {image.id}: nothing was added.", *reasons])
        )
    drawn = [finding.contour for finding in store.findings(image.id)]
    new = tuple(item for item in mine if _clipped(item.contour, image) not in drawn)
    notes = [f"{name}: {reason}" for name, reason in read.failed]
    if len(new) < len(mine):
        notes.append(f"{len(mine) - len(new)} contours were there already.")
    past = sum(reaches_outside(item.contour, rows=image.rows, columns=image.columns) for item in new)
    if past:
        notes.append(f"{past} contours reach past the image's edge; what lies outside was cut off.")
    return FoundContours(new, tuple(notes))


class _Matching:
    """Which image of the project a COCO file means: by content, else by the name of the file."""

    def __init__(self, images: Iterable[ImageRecord], *, root: Path) -> None:
        usable = [image for image in images if not image.failure]
        self._by_content = {image.content_hash: image.id for image in usable}
        self._by_path = {image.path: image.id for image in usable}
        self._index = FileIndex(self._by_path, roots=(root,))

    def find(self, item: CocoContour) -> ImageId | None:
        if item.content_hash in self._by_content:
            return self._by_content[item.content_hash]
        try:
            return self._by_path[self._index.find(item.file_name)]
        except UserError:
            return None


def _clipped(contour: Contour, image: ImageRecord) -> Contour | None:
    return clip_to_image(contour, rows=image.rows, columns=image.columns)
