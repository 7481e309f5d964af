"""What happens between the widgets: opens projects, carries intents to the session, and refreshes what changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app import actions as menu
from app.demo_dialog import DemoDialog
from app.desk import Desk
from app.draft_keeper import DraftKeeper
from app.export_dialog import ExportDialog
from app.hanging_control import HangingControl
from app.help_sheet import HelpSheet
from app.history_panel import HistoryPanel
from app.image_loader import ImageLoader
from app.import_dialog import ImportDialog
from app.main_window import MainWindow
from app.model_choice import ModelChoice
from app.model_ledger import ModelLedger
from app.preferences import Preferences
from app.project_dialog import NewProjectDialog, ask_read_only
from app.retraining import Retraining
from app.session import Session
from app.settings import Settings
from app.sitting_control import SittingControl
from app.translation import tr, tr_data
from app.view_state import ViewState
from app.worklist import image_name, tells
from core.domain import Decision, ImageId
from core.errors import UserError
from storage.changes import Changes
from storage.project import Project
from storage.records import ImageRecord, SplitSettings

SCALE_STEP = 1.04  # of a contour, for one press of a key
AHEAD = 2  # images loaded ahead of the reader
NEEDS_PROJECT = ("import_images", "export", "undo", "redo", "change_reader", "models")
NEEDS_IMAGES = (
    *(spec.name for spec in menu.ACTIONS if spec.menu in (menu.IMAGE, menu.TOOLS, menu.VIEW)),
    *("delete", "simplify", "join", "larger", "smaller", "accept_box", "retrain", "export"),
)
WRITES = (
    "import_images",
    "nothing_to_draw",
    "skip",
    "unusable",
    "delete",
    "simplify",
    "join",
    "larger",
    "smaller",
    "accept_box",
    "retrain",
    "contour",
    "smart",
    "ellipse",
    "brush",
    "edit",
    "undo",
    "redo",
)
ABOUT = (
    "<b>Lesionloop</b><p>Look at mammograms, draw what is malignant, retrain, and see what to look at next."
    "<p>Research use only. Not for diagnosis."
    "<p>After Bakalo, Goldberger and Ben-Ari: weakly and semi-supervised detection in mammograms with a dual-branch network."
)


class Workplace(QObject):
    """One window and the project in it."""

    def __init__(self, window: MainWindow, settings: Settings) -> None:
        super().__init__(window)
        self.window, self.settings = window, settings
        self.session: Session | None = None
        self.loader = ImageLoader(self)
        self.desk = Desk(viewer=window.viewer, panel=window.findings, loader=self.loader, parent=self)
        self.retraining = Retraining(
            panel=window.training, interrupted=window.interrupted, settings=settings, parent=self
        )
        self.choice = ModelChoice(window.candidate, parent=self)
        self.drafts = DraftKeeper(window.viewer, self)
        self.sitting = SittingControl(window, self.desk, settings, begun=self._read_on)
        self._history: HistoryPanel | None = None
        self._help: HelpSheet | None = None
        self._is_closed = False
        self._view = ViewState(window, settings)
        self._preferences = Preferences(window, settings, refresh=self._look_again)
        self._hanging = HangingControl(
            window, self.desk, settings, go_to=self._go_to, next_study=self._next_study
        )
        self._connect_widgets()
        self._connect_actions()
        self._show_project()

    # --- projects

    def open_project(self, folder: Path, *, read_only: bool = False) -> bool:
        """Open a project instead of the one that is open. Returns whether it was opened."""
        try:
            project = self._opened(folder, read_only=read_only)
        except UserError as error:
            self.window.messages.warn(str(error))
            return False
        if project is None:
            return False
        self._adopt(project)
        return True

    def create_project(self, folder: Path, splits: SplitSettings) -> bool:
        """Make a project and open it. Returns whether it was made."""
        try:
            project = Project.create(folder, splits=splits)
        except (UserError, ValueError) as error:
            self.window.messages.warn(str(error))
            return False
        self._adopt(project)
        return True

    def close(self) -> None:
        """Put everything away: job, reading time, threads, project. Nothing is left running."""
        if self._is_closed:
            return
        self._is_closed = True
        self.window.messages.clear()
        self._view.keep()
        self._let_go()
        self.loader.close()
        self.window.plane.close_down()
        self.settings.close()

    def _opened(self, folder: Path, *, read_only: bool) -> Project | None:
        """The project, read-only if it is open elsewhere and the reader wants to look only; else None."""
        if self.session is not None and self.session.project.folder == folder.absolute():
            return None
        try:
            return Project.open(folder, read_only=read_only)
        except UserError as error:
            if read_only:
                raise
            try:
                readable = Project.open(folder, read_only=True)
            except UserError:
                raise error from None
            if ask_read_only(str(error), self.window):
                return readable
            readable.close()
            return None

    def _adopt(self, project: Project) -> None:
        reader = self.settings.reader if project.is_read_only else self.sitting.ask(project)
        if not project.is_read_only and not reader:
            project.close()
            self.window.messages.warn(
                tr("The project was not opened: contours and decisions need a reader's name.")
            )
            return
        self._let_go()
        self.session = Session(project, reader=reader, parent=self)
        self.session.changed.connect(self._refresh)
        self.session.refused.connect(self.window.messages.warn)
        self.session.undo_stack.indexChanged.connect(self._show_undo)
        if self._history is not None:
            self._history.set_session(self.session)
        self.settings.remember_project(project.folder)
        self.window.messages.clear()
        if self._hanging.problem:
            self.window.messages.warn(self._hanging.problem)
        self.desk.set_session(self.session)
        self.drafts.set_session(self.session)
        self._show_project()
        self.sitting.set_session(self.session)
        self.retraining.set_session(self.session)
        self.choice.set_session(self.session)
        self.window.worklist.move(1)

    def _let_go(self) -> None:
        self.choice.set_session(None)
        self.retraining.set_session(None)
        self.drafts.set_session(None)
        self.sitting.set_session(None)
        self.desk.set_session(None)
        session, self.session = self.session, None
        if session is not None:
            session.changed.disconnect(self._refresh)
            session.undo_stack.indexChanged.disconnect(self._show_undo)
            if self._history is not None:
                self._history.set_session(None)
            session.close()
            session.deleteLater()

    # --- showing

    def _show_project(self) -> None:
        session, window = self.session, self.window
        records = [] if session is None else session.images()
        window.worklist.select(None)
        window.strip.show_hanging(None)
        self._show_calibration()
        window.worklist.set_records(records)
        window.worklist.show_only(None)
        window.plane.set_session(session)
        window.plane.set_records(records)
        window.show_work() if records else window.show_empty(has_project=session is not None)
        window.tell("")
        self._show_title()
        self._allow()
        self._show_undo()

    def _show_title(self) -> None:
        if self.session is None:
            self.window.setWindowTitle("Lesionloop")
            return
        name = self.session.project.folder.name
        who = tr("read-only") if self.session.is_read_only else self.session.reader
        self.window.setWindowTitle(tr("{name} — {who} — Lesionloop").format(name=name, who=who))

    def _allow(self) -> None:
        actions, session = self.window.actions_by_name, self.session
        has_images = bool(self.window.worklist.model.records)
        actions.enable(NEEDS_PROJECT, session is not None)
        actions.enable(NEEDS_IMAGES, has_images)
        if session is not None and session.is_read_only:
            actions.enable(WRITES, False)
        self.window.new_class.setEnabled(has_images and session is not None and not session.is_read_only)
        for button in (self.window.empty.open_project, self.window.empty.make_demo):
            button.setVisible(session is None)
        self.window.empty.import_images.setEnabled(session is None or not session.is_read_only)
        self._allow_going_back()

    def _allow_going_back(self) -> None:
        session = self.session
        can = session is not None and not session.is_read_only and session.store.former_model() is not None
        self.window.actions_by_name["former_model"].setEnabled(can)

    def _show_calibration(self) -> None:
        """Whether the probabilities on screen are calibrated goes wherever they are told."""
        model = None if self.session is None else self.session.store.current_model()
        is_calibrated = model is not None and model.is_calibrated
        self.window.findings.is_calibrated = self.window.worklist.model.is_calibrated = is_calibrated

    def _show_undo(self) -> None:
        actions, session = self.window.actions_by_name, self.session
        for name, word in (("undo", tr("Undo")), ("redo", tr("Redo"))):
            stack = None if session is None else session.undo_stack
            text = "" if stack is None else (stack.undoText() if name == "undo" else stack.redoText())
            can = stack is not None and (stack.canUndo() if name == "undo" else stack.canRedo())
            actions[name].setEnabled(can)
            actions[name].setText(f"{word}: {tr_data(text)}" if text else word)

    def _refresh(self, changes: Changes) -> None:
        """Show what an edit, an import or a new model changed, and nothing else."""
        if self.session is None:
            return
        session, worklist = self.session, self.window.worklist
        if changes.everything or changes.models:
            self._show_calibration()
            self.retraining.refresh()
            self.choice.refresh()
            self._allow_going_back()
        if changes.everything or changes.ranking:
            had_images = bool(worklist.model.records)
            worklist.set_records(session.images())
            self.retraining.refresh()
            if worklist.model.records and not had_images:
                self.window.show_work()
                self._allow()
                worklist.move(1)
        else:
            for image_id in changes.images:
                worklist.update_record(session.image(image_id))
        self.window.plane.set_records(worklist.model.records)
        self.desk.refresh(changes)
        self._tell_open()

    def _tell_open(self) -> None:
        image_id = self.desk.image_id
        record = None if image_id is None else self.window.worklist.model.record(image_id)
        decision = None if record is None else record.decision
        self.window.actions_by_name["nothing_to_draw"].setChecked(decision is Decision.NOTHING_TO_DRAW)
        self.window.actions_by_name["skip"].setChecked(decision is Decision.SKIPPED)
        self.window.actions_by_name["unusable"].setChecked(decision is Decision.UNREADABLE)
        is_hidden = self.window.worklist.is_model_hidden
        self.window.tell("" if record is None else tells(record, is_model_hidden=is_hidden))

    def _show_marks(self) -> None:
        view, image_id = self.desk.model, self.desk.image_id
        if image_id is not None and not view.is_visible(image_id):
            self.window.marks.show_hidden(view.arm)
            return
        self.window.marks.show_marks(view.model, self.window.viewer.best_boxes(), newer=view.newer)

    def _open_image(self, image_id: ImageId) -> None:
        worklist = self.window.worklist
        listed = worklist.listed
        here = listed.index(image_id) if image_id in listed else len(listed)
        self.desk.open(image_id, ahead=listed[here + 1 : here + 1 + AHEAD])
        self.window.tabs.setCurrentIndex(0)

    def _go_to(self, image_id: ImageId) -> None:
        """Open an image that was chosen elsewhere than in the list."""
        self.window.worklist.select(image_id)
        self._open_image(image_id)

    def _show_opened(self, record: ImageRecord) -> None:
        self.window.plane.set_current(record.id)
        self._tell_open()

    def _next(self) -> None:
        if not self.window.worklist.move(1):
            self.window.messages.inform(tr("This is the last image of the list."))

    def _next_study(self, image_id: ImageId | None) -> None:
        """Open the next image of the list that is of another study than an image of the list."""
        worklist = self.window.worklist
        open_record = None if image_id is None else worklist.model.record(image_id)
        listed = worklist.listed
        here = listed.index(image_id) if image_id in listed else -1
        for other in listed[here + 1 :]:
            record = worklist.model.record(other)
            if record is not None and (open_record is None or record.study_id != open_record.study_id):
                self._go_to(other)
                return
        self.desk.hang_again()
        self.window.messages.inform(tr("This is the last study of the list."))

    def _previous(self) -> None:
        if not self.window.worklist.move(-1):
            self.window.messages.inform(tr("This is the first image of the list."))

    def _undo(self) -> None:
        if self.session is not None:
            text = self.session.undo_stack.undoText()
            self._tell_elsewhere(tr("Undone"), text, self.session.undo())

    def _redo(self) -> None:
        if self.session is not None:
            text = self.session.undo_stack.redoText()
            self._tell_elsewhere(tr("Done again"), text, self.session.redo())

    def _tell_elsewhere(self, what: str, text: str, images: frozenset[ImageId]) -> None:
        """A change that happens out of sight is told."""
        if images and self.desk.image_id not in images and self.session is not None:
            names = ", ".join(image_name(self.session.image(image_id)) for image_id in images)
            self.window.messages.inform(f"{what}: {text}, on {names}.")

    # --- dialogs

    def _ask_new_project(self) -> bool:
        dialog = NewProjectDialog(self.window)
        if not dialog.exec() or dialog.folder.path is None:
            return False
        return self.create_project(dialog.folder.path, dialog.splits)

    def _ask_open_project(self) -> None:
        recent = self.settings.recent_projects
        start = str(recent[0].parent if recent else Path.home())
        chosen = QFileDialog.getExistingDirectory(self.window, tr("Open project (its folder)"), start)
        if chosen:
            self.open_project(Path(chosen))

    def _ask_import(self) -> None:
        if self.session is None and not self._ask_new_project():
            return
        if self.session is not None:
            dialog = ImportDialog(self.session, self.window)
            dialog.exec()
            dialog.deleteLater()

    def _make_demo(self) -> None:
        demo = DemoDialog(self.window)
        demo.exec()
        demo.deleteLater()
        if demo.cohort is None or not self.create_project(demo.project_folder, SplitSettings()):
            return
        if self.session is not None:
            dialog = ImportDialog(self.session, self.window)
            dialog.folder.text.setText(str(demo.cohort.images_folder))
            dialog.csv.text.setText(str(demo.cohort.labels_file))
            dialog.begin()
            dialog.exec()
            dialog.deleteLater()

    def _ask_export(self, images: frozenset[ImageId] | None = None) -> None:
        if self.session is not None:
            dialog = ExportDialog(self.session, self.window, images=images)
            dialog.exec()
            dialog.deleteLater()

    def _show_models(self) -> None:
        if self.session is not None:
            dialog = ModelLedger(self.session, self.choice, self.window)
            dialog.exec()
            dialog.deleteLater()

    def _read_on(self) -> None:
        """Another reader, or another arm, goes on at this desk."""
        if self.session is not None:
            self.drafts.set_session(self.session)
            self._show_title()
            if self.desk.image_id is not None:
                self.window.viewer.update_draft()

    def _tell_drafts(self, images: list[ImageId]) -> None:
        if self.session is not None:
            names = ", ".join(image_name(self.session.image(image_id)) for image_id in images)
            self.window.messages.inform(
                tr("Contours from before that are not closed yet: {names}.").format(names=names)
            )

    def _show_history(self) -> None:
        if self._history is None:
            self._history = HistoryPanel(self.window)
            self._history.set_session(self.session)
        self._history.show()
        self._history.raise_()

    def _show_keys(self) -> None:
        if self._help is None:
            keys = self.window.actions_by_name
            self._help = HelpSheet(keys.keys, self.window)
            keys.on_keys.append(self._show_keys_again)
        self._help.show()
        self._help.raise_()
        self._help.activateWindow()

    def _show_keys_again(self) -> None:
        if self._help is not None:
            self._help.show_keys(self.window.actions_by_name.keys)

    def _look_again(self) -> None:
        self._show_keys_again()
        self._refresh(Changes(everything=True))

    def _show_about(self) -> None:
        QMessageBox.about(self.window, tr("About Lesionloop"), tr_data(ABOUT))

    # --- wiring

    def _connect_widgets(self) -> None:
        window, messages = self.window, self.window.messages
        window.closing.connect(self.close)
        window.worklist.image_chosen.connect(self._open_image)
        window.plane.image_chosen.connect(self._go_to)
        window.plane.worklist_asked.connect(window.worklist.show_only)
        window.plane.export_asked.connect(self._ask_export)
        window.plane.warned.connect(messages.warn)
        window.empty.import_requested.connect(self._ask_import)
        window.empty.open_requested.connect(self._ask_open_project)
        window.empty.demo_requested.connect(self._make_demo)
        window.new_class.activated.connect(self._choose_class)
        self.desk.opened.connect(self._show_opened)
        self.desk.model_shown.connect(self._show_marks)
        window.marks.mark_chosen.connect(window.viewer.look_at_box)
        window.marks.newer_requested.connect(self.desk.show_newest_model)
        self.desk.advised.connect(messages.warn)
        self.desk.noticed.connect(messages.inform)
        self.desk.done.connect(self._next)
        self.drafts.failed.connect(messages.warn)
        self.drafts.found.connect(self._tell_drafts)
        for talker in (self.retraining, self.choice):
            talker.said.connect(messages.report)
        self.choice.warned.connect(messages.warn)
        self.choice.scores_wanted.connect(self.retraining.score_with)
        self.retraining.scored.connect(self.choice.use)
        window.training.models_requested.connect(self._show_models)
        window.training.back_requested.connect(self.choice.go_back)
        self.retraining.warned.connect(lambda text, details: messages.warn(text, details=details))

    def _connect_actions(self) -> None:
        actions = self.window.actions_by_name
        calls: dict[str, Callable[[], object]] = {
            "new_project": self._ask_new_project,
            "open_project": self._ask_open_project,
            "import_images": self._ask_import,
            "export": self._ask_export,
            "quit": self.window.close,
            "undo": self._undo,
            "redo": self._redo,
            "history": self._show_history,
            "delete": self.desk.delete_selected,
            "simplify": self.desk.simplify,
            "join": self.desk.join,
            "larger": lambda: self.desk.scale(SCALE_STEP),
            "smaller": lambda: self.desk.scale(1 / SCALE_STEP),
            "accept_box": self.desk.accept_box,
            "next": self._next,
            "previous": self._previous,
            "next_frame": lambda: self.desk.step_frame(1),
            "previous_frame": lambda: self.desk.step_frame(-1),
            "nothing_to_draw": lambda: self._decide(Decision.NOTHING_TO_DRAW),
            "skip": lambda: self._decide(Decision.SKIPPED),
            "unusable": lambda: self._decide(Decision.UNREADABLE),
            "done_next": self.desk.finish,
            "retrain": self.retraining.start,
            "models": self._show_models,
            "former_model": self.choice.go_back,
            "keys": self._show_keys,
            "next_part": self.window.go_to_next_part,
            "about": self._show_about,
        }
        for name, call in calls.items():
            actions[name].triggered.connect(lambda _checked=False, call=call: call())

    def _decide(self, decision: Decision) -> None:
        self.desk.toggle(decision)
        self._tell_open()

    def _choose_class(self) -> None:
        self.desk.new_class = self.window.new_class.chosen
