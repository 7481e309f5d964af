"""Recipes: named ones, ones from files, and that nonsense ends in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.errors import UserError
from core.job import Job, Step
from core.recipe import GridSettings, Method, Normalisation, Recipe, RecipeError, TrunkSettings
from core.recipes import named_recipes, recipe_of

NONSENSE = {
    "threads": "many",
    "k": 0,
    "epochs": -1,
    "dropout": 1.0,
    "learning_rate": float("nan"),
    "weight_decay": -1e-4,
    "alpha": 0.0,
    "members": 0,
    "members ": 1,
    "seed": 0.5,
    "balance": 1,
    "patience": True,
    "device": None,
    "method": "Cls-Det-RSS",
    "normalisation": "l3",
    "grid": {"stride": 0},
    "trunk": {"pooling": "median"},
    "unheard-of": 1,
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_in_a_recipe_is_told_in_one_sentence_that_names_it(name):
    with pytest.raises(RecipeError) as told:
        Recipe.from_json({**Recipe().to_json(), name: NONSENSE[name]})
    part = NONSENSE[name] if isinstance(NONSENSE[name], dict) else {name: None}
    assert next(iter(part)) in str(told.value)
    assert str(told.value).startswith("The recipe")
    assert str(told.value).endswith(".")
    assert isinstance(told.value, ValueError)
    assert isinstance(told.value, UserError)


@pytest.mark.parametrize("content", [[], 3, "text", None])
def test_what_is_no_object_is_no_recipe(content):
    with pytest.raises(RecipeError, match="by name"):
        Recipe.from_json(content)


def test_a_recipe_comes_back_from_its_json_unchanged():
    recipe = Recipe(
        method=Method.CLS_DET,
        normalisation=Normalisation.L2,
        members=3,
        grid=GridSettings(stride=56),
        trunk=TrunkSettings(pooling="mean+max"),
    )
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_a_recipe_of_an_earlier_version_is_read_as_what_it_did():
    plain = Recipe().to_json()
    for name in Recipe.settings_since_0_2():
        del plain[name]
    earlier = Recipe.from_json(plain)
    assert (earlier.members, earlier.calibrate, earlier.balance) == (1, False, False)
    assert earlier.normalisation is Normalisation.STANDARDISE


def test_a_whole_number_where_a_fraction_may_stand_is_the_same_recipe():
    assert json.dumps(Recipe(beta=1).to_json()) == json.dumps(Recipe(beta=1.0).to_json())


def test_a_job_with_nonsense_in_its_recipe_is_told_in_a_sentence(tmp_path):
    Job(steps=(Step.FIT,), recipe=Recipe()).write(tmp_path)
    path = tmp_path / "job.json"
    path.write_text(path.read_text().replace('"threads": 2', '"threads": "many"'))
    with pytest.raises(UserError, match="The work cannot be done"):
        Job.read(tmp_path)


def test_every_named_recipe_says_its_name_and_is_found_by_it():
    for name, recipe in named_recipes().items():
        assert recipe.name == name
        assert recipe_of(name) == recipe
        assert recipe_of(name.upper()) == recipe


def test_the_default_is_the_recipe_without_settings():
    assert recipe_of("default") == Recipe()


def test_each_method_of_the_papers_table_has_a_recipe_by_its_name():
    for method in Method:
        assert recipe_of(method.value) == replace(Recipe(), method=method, name=method.value)


def test_the_papers_recipe_has_the_papers_values():
    paper = recipe_of("paper")
    assert (paper.learning_rate, paper.dropout, paper.batch_images, paper.k) == (1e-4, 0.5, 256, 10)
    assert (paper.dense_epochs, paper.components, paper.hidden) == (0, 0, 128)
    assert (paper.grid.window, paper.grid.stride, paper.grid.working_spacing_mm) == (224, 112, 0.07)
    assert (paper.trunk.name, paper.trunk.mode, paper.augmentation) == ("cnn-m-128", "windows", "all")
    head = recipe_of("paper-head")
    assert replace(head, name="default") == replace(Recipe(), learning_rate=1e-4, dense_epochs=0)


def test_a_file_holds_a_whole_recipe(tmp_path):
    recipe = replace(recipe_of("paper"), k=7, name="mine")
    path = tmp_path / "any.json"
    path.write_text(json.dumps(recipe.to_json()))
    assert recipe_of(str(path)) == recipe


def test_a_file_may_change_a_named_recipe(tmp_path):
    path = tmp_path / "wide.json"
    path.write_text('{"base": "paper", "hidden": 256, "grid": {"stride": 56}}')
    paper = recipe_of("paper")
    assert recipe_of(str(path)) == replace(paper, hidden=256, grid=GridSettings(stride=56), name="wide")
    path.write_text('{"base": "paper", "trunk": {"tap": "fc6"}}')
    assert recipe_of(str(path)).trunk == replace(paper.trunk, tap="fc6")
    path.write_text('{"base": "paper", "trunk": {"name": "efficientnet-lite0"}}')
    assert recipe_of(str(path)).trunk == TrunkSettings(name="efficientnet-lite0")
    path.write_text('{"method": "Cls-Det"}')
    assert recipe_of(str(path)) == replace(Recipe(), method=Method.CLS_DET, name="wide")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not in JSON"),
        ("[" * 100_000, "is not in JSON"),
        ("[1]", "no settings by name"),
        ('{"base": "papers"}', "base is none of default, paper"),
        ('{"base": []}', "base is none of default, paper"),
        ('{"k": "ten"}', 'k cannot be "ten": it is a whole number from 1'),
        ('{"k": NaN}', "k cannot be NaN"),
        ('{"kk": 5}', 'setting "kk"'),
        ('{"grid": 5}', "by name"),
        ('{"trunk": {"name": 5}}', "name cannot be 5"),
        (json.dumps({**Recipe().to_json(), "dropout": 2}), "dropout cannot be 2"),
    ],
)
def test_a_file_that_is_wrong_is_told_in_a_sentence_with_its_name(tmp_path, content, told):
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(UserError, match=told) as error:
        recipe_of(str(path))
    assert "mine.json" in str(error.value)


def test_a_name_that_is_neither_recipe_nor_file_is_told(tmp_path):
    with pytest.raises(UserError, match="There is no recipe 'papr': choose default, paper"):
        recipe_of("papr")
    with pytest.raises(UserError, match=r"gone\.json cannot be read"):
        recipe_of(str(tmp_path / "gone.json"))
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        recipe_of(str(tmp_path / "folder.json"))
