"""The user's trunks: listed, fetched and added on request, named in a recipe, and used by a job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
import torch
import torchvision.models
from safetensors.torch import save_file
from tqdm import tqdm

from app.__main__ import main
from app.trunk_list import FILE_NAME, ListedTrunk, TrunkList, with_weights
from core.control import Control
from core.errors import UserError
from core.events import Finished
from core.job import Job, Step
from core.pipeline import run_job
from core.recipe import Recipe, TrunkMode, TrunkSettings
from core.trunks import torchvision_models
from storage.jobs import prepare_job
from storage.project import Project


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    tensors = torchvision.models.resnet18(weights=None).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, str(path))
    return path


@pytest.fixture
def listed(file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return ListedTrunk("mine", "resnet18", str(file), digest)


def run(capsys, *words):
    capsys.readouterr()
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_every_trunk_is_listed_with_dimension_modes_weights_and_licence(capsys, settings_folder):
    code, out, _ = run(capsys, "trunks", "--json")
    trunks = {trunk["name"]: trunk for trunk in json.loads(out)["trunks"]}
    assert code == 0
    assert trunks["efficientnet-lite0"]["is_there"]
    assert trunks["cnn-m-128"]["dimension"] == {"fc7": 128, "relu7": 128}
    assert "non-commercial" in trunks["cnn-m-128"]["licence"]
    assert trunks["swin_t"]["modes"] == ["windows"]
    assert trunks["resnet50"]["weights"] == "lesionloop trunks fetch resnet50"
    assert not settings_folder.joinpath(FILE_NAME).exists()


def test_a_file_is_added_listed_and_forgotten_but_never_touched(capsys, settings_folder, file):
    before = file.read_bytes()
    words = ("trunks", "add", file, "--architecture", "resnet18", "--name", "mine")
    assert run(capsys, *words, "--mean", ".5", ".5", ".5", "--std", ".2", ".2", ".2")[0] == 0
    (trunk,) = TrunkList(settings_folder)
    assert trunk.weights_sha256 == hashlib.sha256(before).hexdigest()
    assert trunk.input_scaling == "0.5,0.5,0.5/0.2,0.2,0.2"
    assert "resnet18.safetensors" in run(capsys, "trunks")[1]
    assert run(capsys, "trunks", "remove", "mine")[0] == 0
    assert list(TrunkList(settings_folder)) == []
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("add", "FILE"), "--architecture"),
        (("add", "FILE", "--architecture", "resnet50"), "cannot be used as weights"),
        (("add", "FILE", "--architecture", "vgg"), "not known"),
        (("add", "FILE", "--architecture", "efficientnet-lite0"), "--name"),
        (("add", "FILE", "--architecture", "resnet18", "--name", "swin_t"), "another trunk"),
        (("add", "FILE", "--architecture", "resnet18", "--name", "Mine!"), "no name for a trunk"),
        (("add", "FILE", "--architecture", "resnet18", "--mean", ".5", ".5", ".5"), "Say both"),
        (
            ("add", "FILE", "--architecture", "resnet18", "--mean", "0", "0", "0", "--std", "0", "1", "1"),
            "above 0",
        ),
        (("add", "FILE", "--architecture", "cnn-m-128"), "--accept-other-weights"),
        (("add", "missing.safetensors", "--architecture", "resnet18"), "cannot be read"),
        (("add",), "Say which"),
        (("fetch", "cnn-m-128"), "cannot be downloaded"),
        (("remove", "mine"), "no trunk 'mine'"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(capsys, settings_folder, file, words, reason):
    code, _, err = run(capsys, "trunks", *(file if word == "FILE" else word for word in words))
    assert code == 3
    assert reason in err
    assert "Traceback" not in err
    assert not settings_folder.joinpath(FILE_NAME).exists()


def test_weights_are_fetched_into_the_settings_folder_on_request(
    capsys, settings_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # it would leave a thread behind
    torch.manual_seed(0)
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), tmp_path / "new.pth")
    digest = hashlib.sha256((tmp_path / "new.pth").read_bytes()).hexdigest()
    path = (tmp_path / "new.pth").rename(tmp_path / f"resnet18-{digest[:8]}.pth")
    monkeypatch.setattr(torchvision_models, "published_url", lambda _name: path.as_uri())
    code, out, _ = run(capsys, "trunks", "fetch", "resnet18", "--json")
    assert code == 0
    assert json.loads(out)["weights_sha256"] == digest
    assert (settings_folder / "trunks" / path.name).read_bytes() == path.read_bytes()
    assert TrunkList(settings_folder).resolved(TrunkSettings(name="resnet18"))[0].weights_sha256 == digest


def test_a_recipe_may_name_a_trunk_of_the_list(settings_folder, listed, file):
    trunks = TrunkList(settings_folder)
    trunks.add(replace(listed, input_scaling="0,0,0/1,1,1"))
    found, path = with_weights(Recipe(trunk=TrunkSettings(name="mine", tap="stride16")))
    wanted = TrunkSettings(
        name="resnet18", tap="stride16", weights_sha256=listed.weights_sha256, input_scaling="0,0,0/1,1,1"
    )
    assert found.trunk == wanted
    assert path == file
    assert with_weights(found) == (found, file)


def test_the_default_trunk_needs_no_list(settings_folder):
    assert with_weights(Recipe()) == (Recipe(), None)


@pytest.mark.parametrize(("name", "reason"), [("resnet50", "trunks fetch resnet50"), ("other", "not known")])
def test_a_trunk_that_is_not_there_is_told_in_a_sentence(settings_folder, name, reason):
    with pytest.raises(UserError, match=reason):
        with_weights(Recipe(trunk=TrunkSettings(name=name)))


def test_a_list_that_cannot_be_read_is_told_and_left_alone(settings_folder, listed):
    settings_folder.mkdir(exist_ok=True)
    for content in ('{"trunks": [{"name": 3}]}', "{", '{"trunks": 5}', "[]"):
        (settings_folder / FILE_NAME).write_text(content)
        with pytest.raises(UserError, match="cannot be read"):
            TrunkList(settings_folder).add(listed)
        assert (settings_folder / FILE_NAME).read_text() == content


def test_a_job_carries_the_weights_file_and_makes_features_with_it(
    settings_folder, listed, project_folder, tmp_path
):
    TrunkList(settings_folder).add(listed)
    trunk = TrunkSettings(name="mine", mode=TrunkMode.WINDOWS, tap="stride16")
    recipe, weights = with_weights(Recipe(threads=1, trunk=trunk))
    with Project.open(project_folder) as project:
        folder = prepare_job(project, steps=[Step.FEATURES], recipe=recipe, weights_file=weights)
        job = Job.read(folder)
        assert job.weights_file == listed.file
        replace(job, images=job.images[:1]).write(folder)
        _keep_first(folder)
        *_, last = run_job(folder, Control())
        assert isinstance(last, Finished), last
        assert last.summary["features_made"] == 1


def _keep_first(folder):
    import numpy as np

    with np.load(folder / "arrays.npz") as arrays:
        few = min(2, int(arrays["offsets"][1]))
        kept = {
            "boxes": arrays["boxes"][:few],
            "region_labels": arrays["region_labels"][:few],
            "offsets": np.array([0, few]),
        }
    np.savez(folder / "arrays.npz", **kept)
