from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from app.settings import Settings, log_folder
from core.errors import UserError
from core.recipe import Method, Recipe


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "own")


def again(settings: Settings) -> Settings:
    settings.close()
    return Settings(settings.path.parent)


def test_what_is_set_is_there_the_next_time(settings: Settings):
    settings.reader = '  Dr Müller, "K"; [x] '
    settings.overlay_opacity = 0.3
    settings.set_on("heatmap", False)
    settings.keep_layout("window", QByteArray(b"\x00\x01abc"))
    later = again(settings)
    assert later.reader == 'Dr Müller, "K"; [x]'
    assert later.overlay_opacity == pytest.approx(0.3)
    assert not later.is_on("heatmap", default=True)
    assert later.layout("window") == QByteArray(b"\x00\x01abc")


def test_nothing_set_gives_the_defaults(settings: Settings):
    assert settings.reader == ""
    assert settings.recent_projects == []
    assert settings.layout("window") is None
    assert settings.is_on("heatmap", default=True)
    assert settings.recipe(annotated_images=5) == Recipe()


def test_without_contours_the_weak_form_of_the_method_is_trained(settings: Settings):
    assert settings.recipe(annotated_images=0).method is Method.CLS_DET_RS
    settings.recipe_changes = {"method": "Max-Region", "epochs": 3}
    assert settings.recipe(annotated_images=0).method is Method.MAX_REGION
    assert again(settings).recipe(annotated_images=0).epochs == 3


@pytest.mark.parametrize("text", ["{not json", '{"no_such_value": 1}', '{"method": "nonsense"}', "[]"])
def test_recipe_changes_that_make_no_sense_are_a_sentence(settings: Settings, text: str):
    settings._set("training/recipe", text)
    with pytest.raises(UserError, match="nothing was trained"):
        again(settings).recipe(annotated_images=1)


def test_the_newest_project_stands_first_and_lost_ones_are_left_out(settings: Settings, tmp_path: Path):
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        folder.mkdir()
        settings.remember_project(folder)
    settings.remember_project(folders[0])
    folders[1].rmdir()
    assert again(settings).recent_projects == [folders[0], folders[2]]


def test_the_environment_says_where_settings_and_logs_lie(settings_folder: Path):
    from app import settings as module

    assert module.settings_folder() == settings_folder
    assert log_folder() == settings_folder / "log"
