"""How the rows of a table are written."""

import json

import pytest

from core.crossval.arms import TABLE_2, Arm, parse_arms
from core.errors import UserError
from core.recipe import Method, Recipe
from core.recipes import named_recipes


def test_a_fraction_follows_the_name():
    arm = Arm.parse("SS-Cls-Det-RS@.5")
    assert (arm.text, arm.recipe.method, arm.fraction) == ("SS-Cls-Det-RS@.5", Method.SS_CLS_DET_RS, 0.5)


def test_without_a_fraction_all_contours_train_or_none_where_labels_alone_do():
    assert Arm.parse("SS-Cls-Det-RS").fraction == 1.0
    assert Arm.parse("Cls-Det-RS").fraction == 0.0


def test_the_table_of_the_paper_has_its_nine_rows():
    arms = parse_arms("table2")
    assert tuple(arm.text for arm in arms) == TABLE_2
    assert {arm.recipe.method for arm in arms} == set(Method)
    assert [arm.fraction for arm in arms] == [0, 0, 0, 0, 0.25, 0.5, 0.5, 0.75, 1]


def test_a_method_stands_on_the_settings_of_a_named_recipe():
    arm = Arm.parse("paper-head:Cls-Det")
    assert arm.recipe.method is Method.CLS_DET
    assert arm.recipe.learning_rate == named_recipes()["paper-head"].learning_rate != Recipe().learning_rate
    assert [a.recipe.learning_rate for a in parse_arms("paper-head:table2")] == [arm.recipe.learning_rate] * 9


def test_a_recipe_file_is_shown_by_its_name_alone(tmp_path):
    path = tmp_path / "SECRET-folder" / "mine.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"k": 5}))
    arm = Arm.parse(f"{path}@.25")
    assert (arm.text, arm.recipe.k, arm.fraction) == ("mine.json@.25", 5, 0.25)
    assert "/" not in arm.slug


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Cls-Det-RS@.5", "takes no fraction"),
        ("SS-Cls-Det-RS@0", "above 0"),
        ("SS-Cls-Det-RS@1.5", "at most 1"),
        ("no-such", "There is no recipe"),
        ("Cls-Det,Cls-Det", "named twice"),
        (" , ", "No recipe is named"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(text, why):
    with pytest.raises(UserError, match=why):
        parse_arms(text)
