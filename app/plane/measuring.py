"""What is measured on the points: areas and FROC in the background, operating points at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background, Task
from app.plane.classifying import Classified, FrocOf, classify, read_froc
from app.plane.points import PlanePoints, points_of
from app.plane.side_panel import SidePanel
from app.translation import tr, tr_data
from core.domain import ModelId, Split
from core.metrics import operating_threshold, roc_curve
from core.plane import CallTable, confusion

LIVE_EVENTS = 300_000  # regions up to which the FROC follows the hand; above, it follows when the hand rests
REST_MS = 150
NO_FROC_OF_EVALUATION = (
    "FROC is shown for the project's own model. That of an evaluation is in the folder's report."
)


class Measuring(QObject):
    """Keeps the side panel true to the points.

    Signals:
        threshold_changed: p(y_M = 1) from which images are called, or None.
        classified: a Classified, or None while or where there are no areas.
    """

    threshold_changed = Signal(object)
    classified = Signal(object)

    def __init__(self, panel: SidePanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._points = points_of([])
        self._background: Background | None = None
        self._tasks: dict[str, Task] = {}
        self._calls = CallTable([], [])
        self._usual: float | None = None
        self._by_hand: float | None = None
        self._region_threshold: float | None = None
        self._classified: Classified | None = None
        self._froc: FrocOf | None = None
        self._source: tuple[Path, ModelId] | None = None
        self._learned = b""
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._show_froc)
        panel.threshold_chosen.connect(self.set_threshold)
        panel.region_threshold_chosen.connect(self._set_region_threshold)
        panel.usual_asked.connect(lambda: self.set_threshold(None))
        panel.split_chosen.connect(self._measure)
        panel.froc_asked.connect(self._read_froc)

    @property
    def threshold(self) -> float | None:
        """What was set by hand, else the paper's operating point on what is measured."""
        return self._usual if self._by_hand is None else self._by_hand

    @property
    def predicted(self) -> Classified | None:
        """Classes of the points by the areas, when they are there."""
        return self._classified

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being learned or read."""
        return self._background is None or self._background.is_idle

    def set_points(self, points: PlanePoints, source: tuple[Path, ModelId] | None) -> None:
        """Measure these. source: project and model of the points, None of an evaluation's."""
        self._points, self._source = points, source
        self._froc = None
        learned = b"".join(
            part.tobytes() for part in (points.x, points.y, points.label, points.split, points.fold)
        )
        if learned != self._learned:
            self._learned = learned
            self._learn()
        self._measure()

    def set_threshold(self, threshold: float | None) -> None:
        """Call from another probability; None: from the paper's operating point."""
        self._by_hand = threshold
        self._show_point()

    def forget(self) -> None:
        """Another project: nothing was set by hand."""
        self._by_hand = self._region_threshold = None

    def close(self) -> None:
        """Leave no thread behind."""
        self._rest.stop()
        self._tasks.clear()
        if self._background is not None:
            self._background.close()
            self._background = None

    def _measure(self) -> None:
        """ROC and confusion of the chosen split; its FROC where that is in sight."""
        measured = self._measured()
        score, positive = self._points.x[measured], self._points.is_malignant[measured]
        self._calls = CallTable(score, positive)
        self._usual = operating_threshold(score, positive)
        self._panel.show_roc(roc_curve(score, positive))
        self._show_confusion()
        self._froc = None
        self._show_froc()
        self._show_point()
        if self._panel.is_froc_shown:
            self._read_froc()

    def _measured(self) -> np.ndarray:
        return self._points.of_split(self._panel.measured.chosen) & self._points.has_label

    def _show_point(self) -> None:
        threshold = self.threshold
        is_there = bool(self._measured().any()) and threshold is not None
        self._refresh_froc()
        self._panel.show_point(self._calls.at(threshold) if is_there and threshold is not None else None)
        self.threshold_changed.emit(threshold)

    # --- decision areas

    def _learn(self) -> None:
        self._classified = None
        self.classified.emit(None)
        self._panel.confusion.show_nothing(tr("Learning the decision areas ..."))
        if not len(self._points):
            self._cancel("areas")
            self._panel.confusion.show_nothing(tr("No image has been scored."))
            return
        self._run("areas", partial(classify, self._points), self._take_areas, self._tell_no_areas)

    def _take_areas(self, classified: Classified) -> None:
        self._classified = classified
        self._show_confusion()
        self.classified.emit(classified)

    def _tell_no_areas(self, why: str) -> None:
        self._panel.confusion.show_nothing(why)

    def _show_confusion(self) -> None:
        if self._classified is None or len(self._classified.predicted) != len(self._points):
            return
        measured = self._measured()
        counts = confusion(self._points.plane_class[measured], self._classified.predicted[measured])
        self._panel.confusion.show_counts(counts, says=self._classified.says)

    # --- FROC

    def _read_froc(self) -> None:
        if self._froc is not None or "froc" in self._tasks:
            return
        if self._source is None:
            self._panel.show_froc(None, region_threshold=None, says=tr_data(NO_FROC_OF_EVALUATION))
            return
        self._panel.show_froc(None, region_threshold=None, says=tr("Reading the region scores ..."))
        folder, model_id = self._source
        split: Split | None = self._panel.measured.chosen
        self._run("froc", partial(read_froc, folder, model_id, split), self._take_froc, self._tell_no_froc)

    def _take_froc(self, froc: FrocOf) -> None:
        self._froc = froc
        self._show_froc()
        self._show_point()

    def _tell_no_froc(self, why: str) -> None:
        self._panel.show_froc(None, region_threshold=None, says=why)

    def _refresh_froc(self) -> None:
        """At once where that is cheap, else when the hand rests."""
        if self._froc is None:
            return
        if self._froc.table.events <= LIVE_EVENTS:
            self._show_froc()
        else:
            self._rest.start()

    def _show_froc(self) -> None:
        if self._froc is None:
            self._cancel("froc")
            self._panel.show_froc(None, region_threshold=None, says="")
            return
        threshold = self.threshold
        curve = None if threshold is None else self._froc.table.curve(threshold)
        none = tr("No FROC: no malignant image with a contour is called at this threshold.")
        has_any = bool(self._froc.table.is_positive.any())
        says = self._froc.says if curve is not None or not has_any else none
        self._panel.show_froc(curve, region_threshold=self._region_threshold, says=says)

    def _set_region_threshold(self, threshold: float) -> None:
        self._region_threshold = threshold
        self._show_point()

    # --- background

    def _run(
        self,
        name: str,
        function: Callable[[], object],
        done: Callable[..., None],
        failed: Callable[[str], None],
    ) -> None:
        self._cancel(name)
        if self._background is None:
            self._background = Background(self)

        def finish(call: Callable[..., None], value: object) -> None:
            self._tasks.pop(name, None)
            call(value)

        self._tasks[name] = self._background.run(
            function, done=partial(finish, done), failed=partial(finish, failed)
        )

    def _cancel(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
