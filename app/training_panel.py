"""The model and its training: the model card, the one big button, and what the worker tells while it works."""

from __future__ import annotations

import time
from datetime import datetime

import pyqtgraph
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.translation import counted, tr, tr_data
from core.events import Epoch, Event, Notice, Progress
from storage.records import ModelRecord

REDRAW_MS = 80
STAGES = {
    "inspecting": "Reading images",
    "features": "Computing region features",
    "training": "Training",
    "scoring": "Scoring all images",
}


class Curves(QWidget):
    """Loss and AUROC by epoch, training and validation."""

    def __init__(self) -> None:
        super().__init__()
        self._epochs: list[Epoch] = []
        self._loss = _plot()
        self._auroc = _plot()
        self._auroc.setYRange(0.0, 1.0)
        self._chance = self._auroc.addLine(y=0.5)
        self._lines = {
            (plot, name): plot.plot(connect="finite")
            for plot in (self._loss, self._auroc)
            for name in ("train", "validation")
        }
        self._legend = QLabel()
        self._legend.setObjectName("dim")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for plot in (self._loss, self._auroc):
            layout.addWidget(plot)
        layout.addWidget(self._legend)
        self._wear()

    def changeEvent(self, event: QEvent) -> None:
        """Wear another look's colours."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_legend"):
            self._wear()

    def _wear(self) -> None:
        now = theme.colours
        colours = {"train": now.training_curve, "validation": now.validation_curve}
        self._chance.setPen(pyqtgraph.mkPen(now.mark, style=Qt.PenStyle.DashLine))
        for plot, title in ((self._loss, tr("Loss")), (self._auroc, tr("AUROC, malignant"))):
            plot.setBackground(now.base)
            plot.setTitle(title, color=now.dim_text, size="9pt")
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(now.line)
                plot.getAxis(side).setTextPen(now.dim_text)
        for (_plot_of, name), line in self._lines.items():
            line.setPen(pyqtgraph.mkPen(colours[name], width=2))
        self._legend.setText(
            tr(
                "<span style='color:{training_curve}'>&#9644;</span> training &nbsp; <span "
                "style='color:{validation_curve}'>&#9644;</span> validation"
            ).format(training_curve=now.training_curve, validation_curve=now.validation_curve)
        )

    def clear(self) -> None:
        """Begin anew."""
        self._epochs.clear()
        self.redraw()

    def add(self, epoch: Epoch) -> None:
        """Remember one epoch; shown at the next redraw."""
        self._epochs.append(epoch)

    def redraw(self) -> None:
        """Draw what has come in."""
        numbers = [epoch.number for epoch in self._epochs]
        values = {
            (self._loss, "train"): [epoch.train_loss for epoch in self._epochs],
            (self._loss, "validation"): [_number(epoch.validation_loss) for epoch in self._epochs],
            (self._auroc, "train"): [_number(epoch.train_auroc) for epoch in self._epochs],
            (self._auroc, "validation"): [_number(epoch.validation_auroc) for epoch in self._epochs],
        }
        for key, line in self._lines.items():
            line.setData(numbers, values[key])

    @property
    def points(self) -> int:
        """Number of epochs drawn or waiting to be drawn."""
        return len(self._epochs)


class TrainingPanel(QWidget):
    """The model card and the Retrain button.

    Signals: retrain_requested, stop_requested (keep the best so far), cancel_requested (keep nothing), models_requested
    (show them all), back_requested (to the model that was in use before).
    """

    retrain_requested = Signal()
    stop_requested = Signal()
    cancel_requested = Signal()
    models_requested = Signal()
    back_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.card = QLabel()
        self.card.setWordWrap(True)
        self.card.setTextFormat(Qt.TextFormat.RichText)
        self.retrain = QPushButton(tr("Retrain"))
        self.retrain.setObjectName("primary")
        self.retrain.setToolTip(
            tr("Train on the contours drawn so far, rescore all images, rank the worklist anew")
        )
        self.stop = QPushButton(tr("Stop early (keep)"))
        self.stop.setToolTip(tr("End training now and keep the best model so far"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("End now and change nothing"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.status = QLabel()
        self.status.setObjectName("dim")
        self.status.setWordWrap(True)
        self.models = QPushButton(tr("Models..."))
        self.models.setToolTip(tr("Every model, what it is worth, and who put it to use"))
        self.back = QPushButton()
        self.back.setToolTip(tr("Use the model again that was in use before, and rank the worklist by it"))
        for button in (self.models, self.back):
            button.setObjectName("flat")
        self.curves = Curves()
        self._redraw = QTimer(self)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._show_latest)
        self._latest: Epoch | Progress | None = None
        self._stage = ""
        self._stage_began = 0.0
        self._stage_first = 0
        self._arrange()
        self.retrain.clicked.connect(self.retrain_requested)
        self.stop.clicked.connect(self._request_stop)
        self.cancel.clicked.connect(self._request_cancel)
        self.models.clicked.connect(self.models_requested)
        self.back.clicked.connect(self.back_requested)
        self.show_model(None)
        self.show_former(None)
        self._show_running(False)

    def show_model(self, model: ModelRecord | None) -> None:
        """Show which model the numbers on screen come from."""
        self.models.setVisible(model is not None)
        if model is None:
            self.card.setText(
                tr("<b>No model yet</b><br>Press Retrain to train on the weak labels and rank the worklist.")
            )
            return
        contours = model.annotated_images
        drawn = (
            tr("weak labels only")
            if contours == 0
            else tr("contours on {count}").format(count=counted(contours, "image"))
        )
        self.card.setText(
            tr(
                "<b>Model {model}</b> &middot; {method}<br><span style='color:{dim_text}'>trained "
                "{when}<br>{drawn}<br>probabilities {calibrated}</span>"
            ).format(
                model=model.id,
                method=model.recipe.method.value,
                dim_text=theme.colours.dim_text,
                when=when(model.created_at),
                drawn=drawn,
                calibrated=calibrated(is_calibrated=model.is_calibrated),
            )
        )

    def show_former(self, former: ModelRecord | None) -> None:
        """Offer to go back to a model, or nothing."""
        self.back.setVisible(former is not None)
        self.back.setText("" if former is None else tr("Go back to model {former}").format(former=former.id))

    def begin(self, text: str) -> None:
        """A job has been started."""
        self.curves.clear()
        self.curves.hide()
        self._latest, self._stage = None, ""
        self.progress.setRange(0, 0)
        self.status.setText(text)
        self._show_running(True)
        self._redraw.start()

    def hear(self, event: Event) -> None:
        """Take in one event of the running job."""
        match event:
            case Epoch():
                self.curves.add(event)
                self._latest = event
            case Progress():
                self._latest = event
            case Notice():
                self.status.setText(event.text)
        self._note_stage(event)

    def show_taking_in(self) -> None:
        """The worker is done; its results are being stored."""
        self._latest = None
        self.stop.setEnabled(False)
        self.cancel.setEnabled(False)
        self.progress.setRange(0, 0)
        self.status.setText(tr("Storing the results ..."))
        self.status.repaint()

    def end(self, text: str) -> None:
        """The job is over; `text` says how."""
        self._redraw.stop()
        self.curves.redraw()
        self._show_running(False)
        self.status.setText(text)
        self.status.setVisible(bool(text))

    @property
    def is_running(self) -> bool:
        """Whether the panel shows a running job."""
        return self._redraw.isActive()

    def set_allowed(self, is_allowed: bool) -> None:
        """Allow or forbid training (no project, read-only, no images)."""
        self.retrain.setEnabled(is_allowed)

    def _arrange(self) -> None:
        heading = QLabel(tr("Model"))
        heading.setObjectName("heading")
        card = QFrame()
        card.setObjectName("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(10, 8, 10, 8)
        inside.addWidget(self.card)
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.models)
        below.addWidget(self.back)
        below.addStretch(1)
        inside.addLayout(below)
        buttons = QHBoxLayout()
        buttons.addWidget(self.stop)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (heading, card, self.curves, self.status, self.progress):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self.retrain)

    def _show_running(self, is_running: bool) -> None:
        for widget in (self.stop, self.cancel, self.progress):
            widget.setVisible(is_running)
        self.stop.setEnabled(False)  # there is nothing to keep before the first epoch
        self.cancel.setEnabled(is_running)
        self.retrain.setVisible(not is_running)
        self.curves.setVisible(self.curves.points > 1)
        self.status.setVisible(is_running)

    def _note_stage(self, event: Event) -> None:
        stage = "training" if isinstance(event, Epoch) else getattr(event, "stage", self._stage)
        if stage != self._stage:
            self._stage, self._stage_began = stage, time.monotonic()
            self._stage_first = _done(event) or 0

    def _show_latest(self) -> None:
        latest, self._latest = self._latest, None
        if latest is None:
            return
        done, total = (
            (latest.number, latest.total) if isinstance(latest, Epoch) else (latest.done, latest.total)
        )
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)
        self.status.setText(self._progress_text(latest, done=done, total=total))
        self.stop.setEnabled(isinstance(latest, Epoch) and self.cancel.isEnabled())
        if isinstance(latest, Epoch):
            self.curves.setVisible(self.curves.points > 1)
            self.curves.redraw()

    def _progress_text(self, latest: Epoch | Progress, *, done: int, total: int) -> str:
        is_epoch = isinstance(latest, Epoch) or self._stage == "training"
        name = tr_data(STAGES.get(self._stage, self._stage.capitalize()))
        unit = tr("epoch") if is_epoch else tr("image")
        text = tr("{name}: {unit} {done} of {total}").format(name=name, unit=unit, done=done, total=total)
        seconds, steps = time.monotonic() - self._stage_began, done - self._stage_first
        if seconds < 0.5 or steps < 1:
            return text
        rate = steps / seconds
        left = getattr(latest, "seconds_left", None)
        return tr("{text}, {rate}, {left} left").format(
            text=text,
            rate=_rate(rate, is_epoch=is_epoch),
            left=duration((total - done) / rate if left is None else left),
        )

    def _request_stop(self) -> None:
        self.stop.setEnabled(False)
        self.cancel.setEnabled(False)
        self.status.setText(tr("Stopping; the best model so far is kept ..."))
        self._latest = None
        self.stop_requested.emit()

    def _request_cancel(self) -> None:
        self.stop.setEnabled(False)
        self.cancel.setEnabled(False)
        self.status.setText(tr("Cancelling ..."))
        self._latest = None
        self.cancel_requested.emit()


def duration(seconds: float) -> str:
    """A time left, as one says it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return (
        tr("{value} min").format(value=round(seconds / 60)) if seconds < 5400 else f"{seconds / 3600:.1f} h"
    )


def _rate(per_second: float, *, is_epoch: bool) -> str:
    if per_second >= 1:
        text = tr("{rate:.0f} epochs a second") if is_epoch else tr("{rate:.0f} images a second")
        return text.format(rate=per_second)
    text = tr("{seconds:.1f} s an epoch") if is_epoch else tr("{seconds:.1f} s an image")
    return text.format(seconds=1 / per_second)


def _plot() -> pyqtgraph.PlotWidget:
    plot = pyqtgraph.PlotWidget()
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    plot.setFixedHeight(112)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.getAxis("left").setWidth(38)
    return plot


def _done(event: Event) -> int | None:
    if isinstance(event, Epoch):
        return event.number
    return event.done if isinstance(event, Progress) else None


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def calibrated(*, is_calibrated: bool) -> str:
    """How to take a probability."""
    return tr("calibrated on validation images") if is_calibrated else tr("not calibrated")


def when(created_at: str) -> str:
    """A moment, as it is read here."""
    return datetime.fromisoformat(created_at).astimezone().strftime("%d %b %Y, %H:%M")
