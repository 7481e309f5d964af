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
from app.translation import tr
from core.domain import ImageId, Laterality, View
from core.errors import UserError
from storage.records import ImageRecord

ALONE = "single"


class HangingControl(QObject):
    """Connects the actions of hanging to the desk. go_to: opens an image. next_study: opens the next of the list after an image."""

    def __init__(
        self,
        window: MainWindow,
        desk: Desk,
        settings: Settings,
        *,
        go_to: Callable[[ImageId], object],
        next_study: Callable[[ImageId | None], object],
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self._go_to, self._next_study = go_to, next_study
        self._overview = "four"
        self._order: list[ImageId] = []  # of the steps through a study
        self._entered: ImageId | None = None  # the image of the list from which they began
        self._closer: ImageId | None = None  # to be shown at 1:1 once its pixels are there
        self.problem = ""  # why the user's own protocol is not used, to be told
        try:
            desk.study.protocol = load_protocol(settings.path.parent / FILE, ours=PROTOCOL)
        except UserError as error:
            self.problem = str(error)
        self._connect()
        self._take(settings.hanging)

    def _connect(self) -> None:
        actions, desk = self._window.actions_by_name, self._desk
        for name in NAMES:
            actions[name].triggered.connect(lambda _checked=False, name=name: self._choose(name))
        actions["link"].toggled.connect(self._window.viewer.set_linked)
        actions["prior"].toggled.connect(self._hang_prior)
        actions["step"].triggered.connect(lambda _checked=False: self.step())
        self._window.viewer.tile_chosen.connect(self._go_to)
        self._window.strip.image_chosen.connect(self._go_to)
        desk.study.hung.connect(self._window.strip.show_hanging)
        desk.opened.connect(self._ask_place)
        self._window.place.placed.connect(self._place)
        desk.shown.connect(self._show_closer)

    def step(self) -> None:
        """From the overview to each view at 1:1, one after the other, then to the next study's overview."""
        opened, is_overview = self._desk.image_id, self._desk.study.layout.name != ALONE
        if opened is None:
            return
        if is_overview or opened not in self._order:
            if is_overview:
                self._overview = self._desk.study.layout.name
            self._order, self._entered = self._in_order(opened), opened
            self._take(ALONE)
            self._open_closely(self._order[0])
            return
        here = self._order.index(opened)
        if here + 1 < len(self._order):
            self._open_closely(self._order[here + 1])
        else:
            self._order = []
            self._take(self._overview)
            self._next_study(self._entered)

    def _in_order(self, opened: ImageId) -> list[ImageId]:
        """The open study's images as the overview hangs them, then the others."""
        hanging = self._desk.study.hanging
        study = [] if hanging is None else [*hanging.images, *hanging.rest]
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

    def _ask_place(self, record: ImageRecord | None) -> None:
        self._window.place.show_image(record, is_allowed=self._desk.may_write)

    def _place(self, side: Laterality, view: View) -> None:
        self._desk.place_image(side, view)

    def _hang_prior(self, is_wanted: bool) -> None:
        study = self._desk.study
        study.with_prior = is_wanted
        self._desk.hang_again()
        if is_wanted and study.prior is None and self._desk.image_id is not None:
            self._window.messages.inform(tr("There is no earlier study of this patient with a known date."))

    def _choose(self, name: str) -> None:
        self._closer = None
        self._take(name)
        self._desk.hang_again()

    def _take(self, name: str) -> None:
        self._desk.study.layout = self._desk.study.protocol[name if name in NAMES else "four"]
        self._window.actions_by_name[self._desk.study.layout.name].setChecked(True)
        if name != ALONE or self._closer is None:
            self._settings.hanging = name
