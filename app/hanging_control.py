"""How studies hang: layouts by key, the linked wall, the step through a study; kept from one day to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.desk import Desk
from app.hanging import Hanging, hang, load_protocol
from app.hanging.protocol import FILE, NAMES
from app.hung_study import PROTOCOL
from app.main_window import MainWindow
from app.settings import Settings
from core.domain import ImageId
from core.errors import UserError

ALONE = "single"


class HangingControl(QObject):
    """Connects the actions of hanging to the desk. go_to: opens an image. next_study: opens the next of the list."""

    def __init__(
        self,
        window: MainWindow,
        desk: Desk,
        settings: Settings,
        *,
        go_to: Callable[[ImageId], object],
        next_study: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self._go_to, self._next_study = go_to, next_study
        self._overview = "four"
        self._closer: ImageId | None = None  # to be shown at 1:1 once its pixels are there
        try:
            desk.study.protocol = load_protocol(settings.path.parent / FILE, ours=PROTOCOL)
        except UserError as error:
            window.messages.warn(str(error))
        self._connect()
        self._take(settings.hanging)

    def _connect(self) -> None:
        actions, desk = self._window.actions_by_name, self._desk
        for name in NAMES:
            actions[name].triggered.connect(lambda _checked=False, name=name: self._choose(name))
        actions["link"].toggled.connect(self._window.viewer.set_linked)
        actions["step"].triggered.connect(lambda _checked=False: self.step())
        self._window.viewer.tile_chosen.connect(self._go_to)
        self._window.strip.image_chosen.connect(self._go_to)
        desk.study.hung.connect(self._window.strip.show_hanging)
        desk.shown.connect(self._show_closer)

    def step(self) -> None:
        """From the overview to each view at 1:1, one after the other, then to the next study's overview."""
        images = self._in_order()
        if not images:
            return
        if self._desk.study.layout.name != ALONE:
            self._overview = self._desk.study.layout.name
            self._take(ALONE)
            self._open_closely(images[0])
            return
        opened = self._desk.image_id
        here = images.index(opened) if opened in images else len(images)
        if here + 1 < len(images):
            self._open_closely(images[here + 1])
        else:
            self._take(self._overview)
            self._next_study()

    def _in_order(self) -> list[ImageId]:
        """The open study's images as the overview hangs them, then the others."""
        hanging, opened = self._desk.study.hanging, self._desk.image_id
        if hanging is None or opened is None:
            return []
        study = [*hanging.images, *hanging.rest]
        whole: Hanging = hang(study, self._desk.study.protocol[self._overview], opened=opened)
        return [image.id for image in (*whole.images, *whole.rest)]

    def _open_closely(self, image_id: ImageId) -> None:
        self._closer = image_id
        if self._desk.image_id == image_id:
            self._desk.hang_again()
        else:
            self._go_to(image_id)

    def _show_closer(self, image_id: ImageId) -> None:
        if image_id == self._closer:
            self._closer = None
            self._window.viewer.one_to_one()

    def _choose(self, name: str) -> None:
        self._closer = None
        self._take(name)
        self._desk.hang_again()

    def _take(self, name: str) -> None:
        self._desk.study.layout = self._desk.study.protocol[name if name in NAMES else "four"]
        self._window.actions_by_name[self._desk.study.layout.name].setChecked(True)
        if name != ALONE or self._closer is None:
            self._settings.hanging = name
