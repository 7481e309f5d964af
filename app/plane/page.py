"""The page of the probability plane: brings points, looks, selection and measures together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app.background import Background
from app.image_loader import WantedImage
from app.plane import colouring as colours
from app.plane.canvas import Hand, PlaneCanvas
from app.plane.classifying import Classified
from app.plane.colouring import ColourBy, Colouring
from app.plane.controls import Controls, SelectionLine, SourceLine
from app.plane.evaluation import EvaluationFolder, evaluation_points, other_labels, read_evaluation
from app.plane.hover_card import HoverCard
from app.plane.legend import Legend
from app.plane.measuring import Measuring
from app.plane.moves import moves
from app.plane.points import NONE, PlanePoints, points_of, positions_before
from app.plane.side_panel import SidePanel
from app.plane.telling import calibration_text, model_text, point_text
from app.plane.thumbnails import Thumbnails
from app.session import Session
from app.translation import tr, tr_data
from core.domain import ImageId
from storage.records import ImageRecord, ModelRecord

NO_PICTURE = "Its picture cannot be read: open the image to see why."  # the reason names a file
HOW_TO_SELECT = "Drag with Box or Lasso to select images; click one to open it."


class PlanePage(QWidget):
    """Every scored image at (p malignant, p benign).

    `side` is to be put beside the page by whoever arranges the window.

    Signals:
        image_chosen: an ImageId.
        worklist_asked, export_asked: a frozenset of ImageId.
        warned: a sentence.
    """

    image_chosen = Signal(object)
    worklist_asked = Signal(object)
    export_asked = Signal(object)
    warned = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None
        self._model: ModelRecord | None = None
        self._records: Sequence[ImageRecord] = ()
        self._by_id: dict[ImageId, ImageRecord] = {}
        self._is_stale = True
        self._current: ImageId | None = None
        self._selected: frozenset[tuple[int, int, int]] = frozenset()
        self._evaluation: EvaluationFolder | None = None
        self._before: NDArray[np.float64] | None = None
        self._background: Background | None = None
        self.source = SourceLine()
        self.controls = Controls()
        self.legend = Legend()
        self.canvas = PlaneCanvas()
        self.selection = SelectionLine()
        self.side = SidePanel()
        self.card = HoverCard(self.canvas)
        self.measuring = Measuring(self.side, self)
        self.thumbnails = Thumbnails(self)
        self._arrange()
        self._connect()
        self._show_selection()

    # --- from outside

    def set_session(self, session: Session | None) -> None:
        """Show another project, or none."""
        self._session = session
        self._evaluation = None
        self._selected = frozenset()
        self.thumbnails.forget()
        self.measuring.forget()
        self.controls.offer_folds(False)
        self.canvas.fit()

    def set_records(self, records: Sequence[ImageRecord]) -> None:
        """Show these images where they have been scored; at once when the page is in sight, else when it comes."""
        self._records = records
        self._is_stale = True
        if self.isVisible():
            self._rebuild()

    def set_current(self, image_id: ImageId | None) -> None:
        """Mark the open image."""
        self._current = image_id
        self._mark_current()

    def close_down(self) -> None:
        """Leave no thread and no helper behind."""
        self.thumbnails.close()
        self.measuring.close()
        if self._background is not None:
            self._background.close()
            self._background = None

    @property
    def points(self) -> PlanePoints:
        """What is in the plane."""
        return self.canvas.scene.points

    @property
    def selected_images(self) -> frozenset[ImageId]:
        """The selected images."""
        return frozenset(ImageId(image_id) for image_id, _, _ in self._selected)

    def position_of(self, image_id: ImageId) -> QPointF | None:
        """Where an image's point is on the canvas; None where it is not shown."""
        at = np.flatnonzero(self.points.image_id == image_id)
        return self.canvas.pixel_of(int(at[0])) if len(at) else None

    def open_evaluation(self, folder: Path) -> None:
        """Show an evaluation's predictions instead of the model's; read in the background."""
        if self._background is None:
            self._background = Background(self)
        self.source.open.setEnabled(False)
        self._background.run(
            partial(read_evaluation, folder), done=self._take_evaluation, failed=self._tell_no_evaluation
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed out of sight."""
        super().showEvent(event)
        if self._is_stale:
            self._rebuild()

    # --- points

    def _rebuild(self) -> None:
        self._is_stale = False
        self._by_id = {record.id: record for record in self._records}
        self._model = None if self._session is None else self._session.store.current_model()
        points = self._own_points() if self._evaluation is None else self._evaluation_points()
        self._before = None
        self.card.hide()
        self.thumbnails.want(None)
        scene = self.canvas.scene
        scene.points = points
        scene.selected = self._mask_of(self._selected, points)
        self._selected = self._keys(np.flatnonzero(scene.selected))
        self._colour()
        self.side.calibration.setText(
            calibration_text(self._model, is_evaluation=self._evaluation is not None)
        )
        source = None
        if self._evaluation is None and self._model is not None and self._session is not None:
            source = (self._session.project.folder, self._model.id)
        self.measuring.set_points(points, source)
        self._mark_current()
        self._show_selection()

    def _own_points(self) -> PlanePoints:
        points = points_of(self._records)
        self.source.show_model(model_text(self._model, scored=len(points), of=len(self._records)))
        return points

    def _evaluation_points(self) -> PlanePoints:
        assert self._evaluation is not None
        run = self._evaluation.runs[(self.source.recipe.chosen, self.source.seed.chosen)]
        points, unknown = evaluation_points(run, self._by_id)
        self.source.show_folds([int(fold) for fold in np.unique(points.fold)])
        if unknown:
            self.warned.emit(
                tr(
                    "{unknown:,} predictions of {evaluation} are of images that are not in this project: they are "
                    "not shown."
                ).format(unknown=unknown, evaluation=self._evaluation.name)
            )
        fold = self.source.fold.chosen
        return points if fold == NONE else points.part(points.fold == fold)

    def _mark_current(self) -> None:
        at = np.flatnonzero(self.points.image_id == self._current) if self._current is not None else []
        self.canvas.show_current(int(at[0]) if len(at) else None)

    # --- looks

    def _colour(self) -> None:
        """Take over categories, splits and panels."""
        scene = self.canvas.scene
        scene.splits, scene.is_apart = self.controls.shown_splits, self.controls.apart.isChecked()
        scene.colouring = self._colouring()
        self.legend.show_colouring(scene.colouring, np.isin(scene.points.split, sorted(scene.splits)))
        scene.hidden = self.legend.hidden
        self.canvas.show_points()
        self._show_arrows()

    def _colouring(self) -> Colouring:
        points = self.points
        match self.controls.colour.chosen:
            case ColourBy.DECISION:
                return colours.by_decision(points)
            case ColourBy.FOLD:
                return colours.by_fold(points)
            case ColourBy.TYPE:
                store = None if self._session is None else self._session.store
                return colours.by_type(
                    points, {} if store is None else colours.types_of(store.all_findings())
                )
            case ColourBy.CALL:
                return colours.by_call(points, self.measuring.threshold or 0.0)
            case _:
                return colours.by_label(points)

    def _switch(self) -> None:
        self.canvas.scene.is_hollow_below = self.controls.hollow.isChecked()
        self.canvas.show_looks()
        self._show_areas(self.measuring.predicted)
        self._show_arrows()

    def _show_areas(self, classified: Classified | None) -> None:
        wanted = self.controls.areas.isChecked() and classified is not None
        self.canvas.show_areas(classified.areas if wanted and classified is not None else None)

    def _show_threshold(self, threshold: float | None) -> None:
        scene = self.canvas.scene
        scene.threshold = threshold
        if self.controls.colour.chosen is ColourBy.CALL:
            scene.colouring = self._colouring()
            self.legend.show_colouring(scene.colouring, np.isin(scene.points.split, sorted(scene.splits)))
            if scene.hidden:
                self.canvas.show_points()
        self.canvas.show_looks()

    def _show_arrows(self) -> None:
        self.canvas.arrows = np.zeros((0, 5))
        if self.controls.arrows.isChecked() and len(self.points):
            told = self._arrows()
            self.controls.arrows.setToolTip(told)
            self.selection.show_selection(told, has_any=bool(self._selected))
        else:
            self._show_selection()
        self.canvas.update()

    def _arrows(self) -> str:
        """Put arrows on the canvas; returns a sentence on which."""
        if self._evaluation is not None or self._session is None:
            return tr("An evaluation has no model before it: there are no moves to show.")
        former = self._session.store.former_model()
        if former is None:
            return tr("There is no model before the current one: there are no moves to show.")
        if self._before is None:
            self._before = positions_before(self.points, self._session.store.probabilities(former.id))
        if np.isnan(self._before).all():
            return tr(
                "What model {former} said of these images is no longer kept: there are no moves to show."
            ).format(former=former.id)
        self.canvas.arrows, told = moves(
            self.points,
            self._before,
            shown=self.canvas.shown_points(),
            selected=self.canvas.scene.selected,
        )
        return tr("From model {former}: {told}").format(former=former.id, told=told)

    # --- selection

    def _select(self, mask: NDArray[np.bool_]) -> None:
        self.canvas.scene.selected = mask
        self._selected = self._keys(np.flatnonzero(mask))
        self.canvas.show_looks()
        self._show_arrows()

    def _select_cell(self, row: int, column: int) -> None:
        classified = self.measuring.predicted
        if classified is None:
            return
        measured = self.points.of_split(self.side.measured.chosen)
        self._select((self.points.plane_class == row) & (classified.predicted == column) & measured)

    def _keys(self, index: NDArray[np.intp]) -> frozenset[tuple[int, int, int]]:
        """What tells points apart over a refresh: image, fold and part of the study."""
        points = self.points
        columns = (points.image_id[index], points.fold[index], points.split[index])
        return frozenset(zip(*(column.tolist() for column in columns), strict=True))

    def _mask_of(self, keys: frozenset[tuple[int, int, int]], points: PlanePoints) -> NDArray[np.bool_]:
        if not keys:
            return np.zeros(len(points), bool)
        every = zip(points.image_id.tolist(), points.fold.tolist(), points.split.tolist(), strict=True)
        return np.array([key in keys for key in every], bool)

    def _show_selection(self) -> None:
        images = len(self.selected_images)
        if not len(self.points):
            self.selection.show_selection(
                tr("No image has been scored yet. Press Retrain.")
                if self._evaluation is None
                else tr("No prediction."),
                has_any=False,
            )
        elif not images:
            self.selection.show_selection(tr_data(HOW_TO_SELECT), has_any=False)
        else:
            word = "image" if images == 1 else tr("images")
            points = (
                ""
                if images == len(self._selected)
                else tr(" ({selected:,} points)").format(selected=len(self._selected))
            )
            self.selection.show_selection(
                tr("{images:,} {word} selected{points}.").format(images=images, word=word, points=points),
                has_any=True,
            )

    # --- pointing

    def _point(self, index: int | None) -> None:
        record = None if index is None else self._by_id.get(ImageId(int(self.points.image_id[index])))
        place = None if index is None else self.canvas.pixel_of(index)
        if index is None or record is None or place is None:
            self.card.hide()
            self.thumbnails.want(None)
            return
        classified = self.measuring.predicted
        text = point_text(self.points, index, record, None if classified is None else classified.predicted)
        others = self.canvas.others_at(index)
        text += tr("\n{others:,} more at this place: zoom in").format(others=others) if others else ""
        self.card.show_at(place.toPoint(), text, self.thumbnails.kept(record.id))
        self.canvas.setAccessibleDescription(text)
        is_wanted = not record.failure and self.thumbnails.kept(record.id) is None
        self.thumbnails.want(WantedImage(record.id, record.path, record.content_hash) if is_wanted else None)

    def _show_thumbnail(self, image_id: ImageId, picture: QImage | None, says: str = "") -> None:
        index = self.canvas.pointed_at
        if index is not None and self.points.image_id[index] == image_id:
            self.card.show_picture(picture, says=says)

    def _choose(self, index: int) -> None:
        self.card.hide()
        self.image_chosen.emit(ImageId(int(self.points.image_id[index])))

    # --- evaluations

    def _ask_evaluation(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, tr("Open evaluation (the folder that it was written to)")
        )
        if chosen:
            self.open_evaluation(Path(chosen))

    def _take_evaluation(self, folder: EvaluationFolder) -> None:
        self.source.open.setEnabled(True)
        self._evaluation = folder
        self._selected = frozenset()
        self.source.show_evaluation(folder)
        self.controls.offer_folds(True)
        self._rebuild()
        if others := other_labels(folder, self._by_id):
            self.warned.emit(
                tr(
                    "{others:,} images had another label when {folder} was evaluated: either labels have changed "
                    "since, or it is an evaluation of another project, and its points are not of the images shown "
                    "here."
                ).format(others=others, folder=folder.name)
            )

    def _tell_no_evaluation(self, why: str) -> None:
        self.source.open.setEnabled(True)
        self.warned.emit(why)

    def _change_run(self) -> None:
        if self._evaluation is not None:
            self.source.show_seeds(self._evaluation.seeds(self.source.recipe.chosen))
            self._rebuild()

    def _leave_evaluation(self) -> None:
        self._evaluation = None
        self._selected = frozenset()
        self.controls.offer_folds(False)
        self._rebuild()

    # --- arrangement

    def _set_hand(self, hand: Hand) -> None:
        self.canvas.hand = hand
        self.controls.show_hand(hand)

    def _hide_categories(self, hidden: frozenset[int]) -> None:
        self.canvas.scene.hidden = hidden
        self.canvas.show_points()
        self._show_arrows()

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        for widget in (self.source, self.controls, self.legend):
            layout.addWidget(widget)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.selection)

    def _connect(self) -> None:
        canvas, controls = self.canvas, self.controls
        canvas.point_chosen.connect(self._choose)
        canvas.pointed.connect(self._point)
        canvas.selected.connect(self._select)
        canvas.threshold_moved.connect(self.measuring.set_threshold)
        canvas.hand_asked.connect(self._set_hand)
        controls.hand_chosen.connect(self._set_hand)
        controls.fit_asked.connect(canvas.fit)
        controls.splits_changed.connect(self._colour)
        controls.colour_chosen.connect(self._colour)
        controls.switched.connect(self._switch)
        self.legend.hidden_changed.connect(self._hide_categories)
        self.measuring.threshold_changed.connect(self._show_threshold)
        self.measuring.classified.connect(self._show_areas)
        self.side.cell_chosen.connect(self._select_cell)
        self.thumbnails.loaded.connect(self._show_thumbnail)
        self.thumbnails.failed.connect(
            lambda image_id, _why: self._show_thumbnail(image_id, None, tr_data(NO_PICTURE))
        )
        self.source.open_asked.connect(self._ask_evaluation)
        self.source.left.connect(self._leave_evaluation)
        self.source.run_chosen.connect(self._change_run)
        self.selection.worklist_asked.connect(lambda: self.worklist_asked.emit(self.selected_images))
        self.selection.export_asked.connect(lambda: self.export_asked.emit(self.selected_images))
        self.selection.clear_asked.connect(lambda: self._select(np.zeros(len(self.points), bool)))
