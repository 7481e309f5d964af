"""The study of the open image on the wall: which images hang beside it, and what is shown of them."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import theme
from app.hanging import Hanging, Hung, Layout, Protocol, hang, with_prior
from app.image_loader import ImageLoader, Pixels, WantedImage
from app.model_view import ModelView
from app.session import Session
from app.translation import tr
from app.viewer import ShownImage, Viewer
from app.viewer.shown import Tile
from app.worklist import view_name
from core.domain import ImageId, Laterality, StudyId, View
from storage.changes import Changes
from storage.records import ImageRecord

PROTOCOL: Path = theme.RESOURCES / "hanging" / "mammography.json"
SIDES = {Laterality.RIGHT: 1, Laterality.LEFT: -1, Laterality.UNKNOWN: 0}  # where the chest wall is


class HungStudy(QObject):
    """Hangs the study of the open image in the layout that the reader chose.

    Signals:
        hung: the Hanging, whenever it may have changed.
    """

    hung = Signal(object)

    def __init__(
        self, *, viewer: Viewer, loader: ImageLoader, model: ModelView, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer, self._model = viewer, model
        self._session: Session | None = None
        self.protocol = Protocol.from_json(json.loads(PROTOCOL.read_text(encoding="utf-8")))
        self.layout: Layout = self.protocol["single"]
        self.hanging: Hanging | None = None
        self.with_prior = False
        self.prior: StudyId | None = None  # the earlier study that hangs above
        self._opened: ImageId | None = None
        self._pixels: dict[ImageId, Pixels] = {}
        loader.loaded_beside.connect(self._show)
        loader.previewed_beside.connect(self._show)
        loader.failed_beside.connect(viewer.show_failure_beside)

    def set_session(self, session: Session | None) -> None:
        """Another project, with nothing hung."""
        self._session, self.hanging, self._opened = session, None, None
        self._pixels.clear()

    def hang(self, record: ImageRecord) -> list[ImageRecord]:
        """Hang the study of an image that is being opened. Returns the others whose pixels are wanted."""
        assert self._session is not None
        study = self._session.study_images(record.study_id)
        hanging = self.hanging = self._above(hang(study, self.layout, opened=record.id), record)
        self._opened = record.id
        tiles = [
            Tile(_name(each))
            if each.image is None
            else Tile(_name(each) or view_name(each.image), each.image.id, SIDES[each.image.laterality])
            for each in hanging.hung
        ]
        self._viewer.hang(tiles, columns=hanging.columns, opened=record.id)
        self._pixels = {i: pixels for i, pixels in self._pixels.items() if hanging.holds(i)}
        others = [image for image in hanging.images if image.id != record.id]
        for image in others:
            if not image.can_be_shown:
                self._viewer.show_failure_beside(image.id, image.failure)
        self.hung.emit(hanging)
        return [image for image in others if image.can_be_shown]

    def _above(self, hanging: Hanging, record: ImageRecord) -> Hanging:
        """With the latest earlier study of the patient above, where it is wanted and there is one."""
        assert self._session is not None
        self.prior = None
        if not self.with_prior:
            return hanging
        earlier = self._session.store.prior_studies(record.study_id)
        if not earlier:
            return hanging
        self.prior = earlier[0]
        return with_prior(hanging, self._session.study_images(self.prior), opened=record)

    def refresh_model(self) -> None:
        """Show what the model says now, of the images beside the open one."""
        for image_id in list(self._pixels):
            if image_id != self._opened:
                self._show(image_id, self._pixels[image_id])

    def _is_prior(self, image_id: ImageId) -> bool:
        hung = self.hanging.hung if self.hanging is not None else ()
        return any(each.is_prior and each.image is not None and each.image.id == image_id for each in hung)

    def refresh(self, changes: Changes) -> None:
        """Show what changed, of the images beside the open one."""
        if self.hanging is None:
            return
        for image in self.hanging.images:
            if image.id != self._opened and image.id in self._pixels and changes.touches(image.id):
                self._show(image.id, self._pixels[image.id])

    def _show(self, image_id: ImageId, pixels: Pixels) -> None:
        if self._session is None or self.hanging is None or not self.hanging.holds(image_id):
            return
        self._pixels[image_id] = pixels
        prediction = self._model.prediction(image_id)
        self._viewer.show_beside(
            shown_image(self._session.image(image_id), pixels, is_prior=self._is_prior(image_id)),
            findings=self._session.findings(image_id),
            prediction=prediction,
            boxes=None if prediction is None else self._session.store.grid(image_id),
        )


def shown_image(record: ImageRecord, pixels: Pixels, *, is_prior: bool = False) -> ShownImage:
    """An image with its caption: the patient's key, and where side and view come from if not from the file."""
    header = pixels.mammogram.header
    is_told_by_file = Laterality.UNKNOWN is not header.laterality and View.UNKNOWN is not header.view
    place = f"{record.laterality} {record.view}"
    is_known = "?" not in place and record.view is not View.OTHER
    told = (
        ""
        if is_told_by_file
        else tr("  {view_name} (from the table of labels)").format(view_name=view_name(record))
    )
    return ShownImage(
        record.id,
        pixels.mammogram,
        caption=f"{record.patient_key}{told}" + (tr("  EARLIER STUDY") if is_prior else ""),
        pyramid=pixels.pyramid,
        spacing_mm=record.spacing_mm,
        place=place if is_known else "",
        laterality=record.laterality,
        is_reduced=pixels.is_reduced,
    )


def _name(hung: Hung) -> str:
    return tr("{place}, earlier").format(place=hung.place.name) if hung.is_prior else hung.place.name


def wanted_image(record: ImageRecord) -> WantedImage:
    """What the loader is asked for."""
    return WantedImage(record.id, record.path, record.content_hash, has_frames=bool(record.failure))
