"""Texts in the reader's language. Written in English where they are used, `tr("Open project...")`; docs/translation.md says more.

No Qt until a language is installed: modules that the command line shares may say `tr` too, and speak English there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import resources

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

FOLDER = Path(resources.__file__).resolve().parent / "translations"
LANGUAGES = {"en": "English", "de": "Deutsch"}
DATA = "data"  # context of texts that are data: actions, words for labels and decisions, names of layouts


def _english(_context: str, text: str, _comment: str | None) -> str:
    return text


_translate: Callable[[str, str, str | None], str] = _english
_installed: list[object] = []


def tr(text: str, comment: str | None = None) -> str:
    """A text of the window in the language installed.

    text: a literal, or lupdate does not find it; what changes stands in it as '{name}' and is put in by .format.
    comment: tells two texts apart that are one in English.
    """
    return _translate("", text, comment)


def tr_data(text: str) -> str:
    """A text that is data: it is translated where it is shown. `texts_of_data` in packaging/translate.py lists them."""
    return _translate(DATA, text, None) if text else ""


def counted(number: int, word: str) -> str:
    """A number of things: of 'image', 'finding', 'label', 'contour'."""
    one, several = {
        "image": (tr("1 image"), tr("{number} images")),
        "finding": (tr("1 finding"), tr("{number} findings")),
        "label": (tr("1 label"), tr("{number} labels")),
        "contour": (tr("1 contour"), tr("{number} contours")),
    }[word]
    return one if number == 1 else several.format(number=number)


def install(application: QCoreApplication, language: str) -> str:
    """Speak a language of LANGUAGES from now on; '' for that of the system, else English. Returns which it is.

    Widgets that stand already keep their texts.
    """
    from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

    global _translate  # noqa: PLW0603 (the application speaks one language)
    chosen = language if language in LANGUAGES else _of_system()
    for old in _installed:
        application.removeTranslator(old)  # type: ignore[arg-type]
    _installed.clear()
    QLocale.setDefault(QLocale("en_GB" if chosen == "en" else chosen))
    _translate = _english
    if chosen == "en":
        return chosen
    for name, folder in (
        ("qtbase", Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))),
        ("lesionloop", FOLDER),
    ):
        translator = QTranslator(application)
        if translator.load(f"{name}_{chosen}", str(folder)):
            application.installTranslator(translator)
            _installed.append(translator)
    _translate = QCoreApplication.translate
    return chosen


def _of_system() -> str:
    from PySide6.QtCore import QLocale

    wanted = QLocale.system().uiLanguages()
    return next((each[:2] for each in wanted if each[:2] in LANGUAGES), "en")
