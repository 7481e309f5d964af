"""What stands in the middle while there is nothing to look at: how to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.translation import tr

TEXT_WIDTH = 580


class EmptyPage(QWidget):
    """Three ways to begin.

    Signals: import_requested, open_requested, demo_requested.
    """

    import_requested = Signal()
    open_requested = Signal()
    demo_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = QLabel()
        self.title.setObjectName("title")
        self.text = QLabel()
        self.text.setObjectName("dim")
        self.text.setWordWrap(True)
        self.text.setFixedWidth(TEXT_WIDTH)
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.import_images = QPushButton(tr("Import images..."))
        self.import_images.setObjectName("primary")
        self.open_project = QPushButton(tr("Open project..."))
        self.make_demo = QPushButton(tr("Make the demo"))
        self.make_demo.setToolTip(tr("Make synthetic mammograms and go through the whole loop with them"))
        self.import_images.clicked.connect(self.import_requested)
        self.open_project.clicked.connect(self.open_requested)
        self.make_demo.clicked.connect(self.demo_requested)
        self._arrange()
        self.show_no_project()

    def show_no_project(self) -> None:
        """No project is open."""
        self.title.setText(tr("No project is open"))
        self.text.setText(
            tr(
                "A project is a folder that keeps labels, contours and models; your images stay where they are. "
                "Import mammograms (DICOM, PNG, TIFF, PGM) with a table of labels, open a project that you have, "
                "or make the demo: synthetic mammograms to try everything on."
            )
        )

    def show_empty_project(self) -> None:
        """A project is open that holds no images yet."""
        self.title.setText(tr("This project holds no images yet"))
        self.text.setText(
            tr(
                "Import a folder of mammograms (DICOM, PNG, TIFF, PGM) together with a table of labels: a CSV "
                "file with the columns file and patient, and if you have them laterality, view, label, birads "
                "and spacing_mm."
            )
        )

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.import_images, self.open_project, self.make_demo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addStretch(2)
        layout.addWidget(self.title)
        middle = QHBoxLayout()  # no alignment: a wrapped label must be asked for its height at this width
        middle.addStretch(1)
        middle.addWidget(self.text)
        middle.addStretch(1)
        layout.addLayout(middle)
        layout.addLayout(buttons)
        layout.addStretch(3)
