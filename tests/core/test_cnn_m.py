"""CNN-M-128 from files of MatConvNet's structure, against the network written out by hand in float64."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from scipy.io import savemat
from scipy.signal import correlate

import core.trunks.matconvnet as matconvnet
from core.errors import UserError
from core.features import region_features
from core.recipe import GridSettings, TrunkMode, TrunkSettings
from core.trunks import Trunk, load_trunk, trunk_dimension
from core.trunks.cnn_m import ResponseNorm
from core.trunks.loading import check_weights

WIDTHS = {"conv1": 4, "conv2": 6, "conv3": 5, "conv4": 7, "conv5": 6, "fc6": 9, "fc7": 128}
KERNELS = {"conv1": 7, "conv2": 5, "conv3": 3, "conv4": 3, "conv5": 3, "fc6": 6, "fc7": 1}
GEOMETRY = {"conv1": (2, 0), "conv2": (2, 1), "conv3": (1, 1), "conv4": (1, 1), "conv5": (1, 1)}
ORDER = [
    "conv1",
    "relu1",
    "norm1",
    "pool1",
    "conv2",
    "relu2",
    "norm2",
    "pool2",
    "conv3",
    "relu3",
    "conv4",
    "relu4",
    "conv5",
    "relu5",
    "pool5",
    "fc6",
    "relu6",
    "fc7",
    "relu7",
    "fc8",
    "prob",
]


def random_layers(seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Filters (h, w, inputs, outputs) and biases as MatConvNet keeps them; small enough that nothing saturates."""
    rng, inputs, found = np.random.default_rng(seed), 3, {}
    for name, width in WIDTHS.items():
        kernel = KERNELS[name]
        spread = np.sqrt(2 / (kernel * kernel * inputs))
        filters = rng.normal(scale=spread, size=(kernel, kernel, inputs, width)).astype(np.float32)
        found[name] = (filters, rng.normal(scale=0.1, size=width).astype(np.float32))
        inputs = width
    return found


def write_mat(path, layers, average, *, is_old: bool = False, changes=None):
    """A file as MatConvNet published it; `is_old`: as beta16 and before did."""
    cells = np.empty((1, len(ORDER)), object)
    for index, name in enumerate(ORDER):
        kind = {"norm": "lrn", "conv": "conv", "relu": "relu", "pool": "pool"}.get(
            name.rstrip("0123456789"), "conv"
        )
        layer = {"name": name, "type": "normalize" if is_old and kind == "lrn" else kind}
        if kind == "lrn":
            layer["param"] = np.array([[5.0, 2.0, 1e-4, 0.75]])
        if name in layers:
            filters, biases = layers[name]
            pair = np.empty((1, 2), object)
            pair[0, 0], pair[0, 1] = filters, biases[:, None]
            layer |= {"filters": filters, "biases": biases[None]} if is_old else {"weights": pair}
            stride, pad = GEOMETRY.get(name, (1, 0))
            layer |= {"stride": np.array([[stride, stride]]), "pad": np.array([[pad] * 4])}
        layer |= (changes or {}).get(name, {})
        cells[0, index] = layer
    normalization = {"averageImage": average, "imageSize": np.array([[224, 224, 3]])}
    tail = {"normalization": normalization} if is_old else {"meta": {"normalization": normalization}}
    savemat(path, {"layers": cells, **tail})
    return path


@pytest.fixture(scope="module")
def average() -> np.ndarray:
    rng = np.random.default_rng(5)
    return (110 + rng.normal(scale=8, size=(224, 224, 3))).astype(np.float32)


@pytest.fixture(scope="module")
def file(tmp_path_factory, average):
    return write_mat(tmp_path_factory.mktemp("cnn-m") / "small.mat", random_layers(), average)


def load(path, *, engine="onnxruntime", mode=TrunkMode.WINDOWS, tap="fc7") -> Trunk:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    settings = TrunkSettings(name="cnn-m-128", mode=mode, tap=tap, weights_sha256=digest)
    return load_trunk(settings, threads=1, engine=engine, weights=path)


def picture(rows: int, columns: int, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((rows, columns), dtype=np.float32)
    y, x = np.mgrid[:rows, :columns] / 31.0
    return ((np.sin(y) * np.cos(x) + 1) / 2 * 0.6 + noise * 0.4).astype(np.float32)


# The network by hand: scipy's correlation and loops, float64


def slow_convolution(x, filters, biases, *, stride, pad):
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    maps = []
    for o in range(filters.shape[3]):
        kernel = filters[:, :, :, o].astype(np.float64)
        maps.append(correlate(x, kernel, mode="valid", method="direct")[::stride, ::stride, 0] + biases[o])
    return np.stack(maps, axis=2)


def slow_norm(x):
    y = np.empty_like(x)
    for c in range(x.shape[2]):
        near = x[:, :, max(c - 2, 0) : c + 3]
        y[:, :, c] = x[:, :, c] / (2.0 + 1e-4 * (near**2).sum(axis=2)) ** 0.75
    return y


def slow_pool(x):
    """3 x 3 at stride 2; the last one may hang over the edge."""
    rows, columns = (-(-(side - 3) // 2) + 1 for side in x.shape[:2])
    y = np.empty((rows, columns, x.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y[i, j] = x[2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max(axis=(0, 1))
    return y


def slow_fc7(window01, layers, average):
    x = window01.astype(np.float64)[:, :, None] * 255 - average
    sizes = []
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        stride, pad = GEOMETRY[name]
        x = np.maximum(slow_convolution(x, *layers[name], stride=stride, pad=pad), 0)
        sizes.append(x.shape[0])
        if name in ("conv1", "conv2"):
            x = slow_norm(x)
        if name in ("conv1", "conv2", "conv5"):
            x = slow_pool(x)
            sizes.append(x.shape[0])
    assert sizes == [109, 54, 26, 13, 13, 13, 13, 6]
    fc6 = np.maximum(np.einsum("ijc,ijco->o", x, layers["fc6"][0].astype(np.float64)) + layers["fc6"][1], 0)
    return fc6 @ layers["fc7"][0][0, 0].astype(np.float64) + layers["fc7"][1]


@pytest.fixture(scope="module")
def by_hand(average) -> np.ndarray:
    return slow_fc7(picture(224, 224), random_layers(), average)


@pytest.mark.parametrize("engine", ["onnxruntime", "torch"])
def test_a_windows_features_are_those_of_the_network_by_hand(file, by_hand, engine):
    found = load(file, engine=engine).window_maps(picture(224, 224)[None])
    assert found.shape == (1, 128, 1, 1)
    np.testing.assert_allclose(found[0, :, 0, 0], by_hand, atol=2e-4 * np.abs(by_hand).max())


def test_the_features_may_be_taken_before_the_last_relu_or_after_it(file, by_hand):
    trunk = load(file, tap="relu7")
    found = trunk.window_maps(picture(224, 224)[None])[0, :, 0, 0]
    np.testing.assert_allclose(found, np.maximum(by_hand, 0), atol=2e-4 * np.abs(by_hand).max())
    assert (by_hand < 0).any()
    assert trunk.key != load(file).key


def test_a_file_of_beta16_gives_the_same_features(tmp_path, file, average):
    old = write_mat(tmp_path / "old.mat", random_layers(), average, is_old=True)
    window = picture(224, 224)[None]
    np.testing.assert_array_equal(load(old).window_maps(window), load(file).window_maps(window))


def test_response_normalisation_is_torchs_own():
    x = torch.randn(2, 9, 5, 4, generator=torch.Generator().manual_seed(0)) * 30
    wanted = torch.nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)(x)
    with torch.inference_mode():
        torch.testing.assert_close(ResponseNorm(9)(x), wanted)


@pytest.mark.parametrize("engine", ["onnxruntime", "torch"])
@pytest.mark.parametrize("share", [1e-9, 0.02])
def test_strips_of_any_height_give_the_cells_of_one_pass(file, engine, share):
    trunk = load(file, engine=engine, mode=TrunkMode.DENSE)
    grey = picture(640, 64)
    whole = trunk.whole_map(grey, budget_share=1e9)
    assert whole.shape == (6, 39, 3)
    np.testing.assert_allclose(
        trunk.whole_map(grey, budget_share=share), whole, atol=1e-5 * np.abs(whole).max()
    )


def test_one_pass_over_a_single_window_is_the_window_by_itself(tmp_path):
    flat = np.full((224, 224, 3), [123.0, 117.0, 104.0], np.float32)
    path = write_mat(tmp_path / "flat.mat", random_layers(), flat)
    box, image, grid = np.array([[0.0, 0, 224, 224]]), picture(224, 224), GridSettings()
    dense, windows = (
        region_features(load(path, mode=mode), image, box, scale=1.0, grid=grid) for mode in TrunkMode
    )
    assert dense.shape == (1, 128)
    np.testing.assert_allclose(dense, windows, atol=1e-5 * np.abs(windows).max())


def test_a_windows_patch_of_the_whole_map_begins_at_its_corner(file):
    """In the middle of its patch, a window has the same cells by itself and in the picture, where paddings do not reach."""
    trunk = load(file, mode=TrunkMode.DENSE)
    image = picture(448, 512)
    whole = trunk.whole_map(image)
    alone = trunk.whole_map(image[64:288, 112:336])
    np.testing.assert_allclose(
        whole[:, 4 + 5 : 4 + 8, 7 + 5 : 7 + 8], alone[:, 5:8, 5:8], atol=1e-5 * np.abs(whole).max()
    )


def test_windows_between_the_cells_take_the_nearest_patch(file):
    trunk, image, grid = load(file, mode=TrunkMode.DENSE), picture(448, 512), GridSettings()
    boxes = np.array([[112, 64, 336, 288], [117, 59, 341, 283], [288, 224, 512, 448], [284, 220, 508, 444.0]])
    found = region_features(trunk, image, boxes, scale=1.0, grid=grid)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found[2], found[3], rtol=1e-4, atol=1e-4)
    assert np.abs(found[0] - found[2]).max() > 1e-2


def test_an_image_smaller_than_a_window_still_has_features(file):
    for mode in TrunkMode:
        trunk = load(file, mode=mode)
        features = region_features(
            trunk, picture(100, 60), np.array([[0.0, 0, 60, 100]]), scale=1.0, grid=GridSettings()
        )
        assert features.shape == (1, trunk_dimension(trunk.settings)) == (1, 128)
        assert np.isfinite(features).all()


def test_windows_of_another_size_are_resampled_or_refused(file):
    grid, image, box = GridSettings(window=112, stride=56), picture(224, 224), np.array([[0.0, 0, 112, 112]])
    windows = region_features(load(file), image, box, scale=1.0, grid=grid)
    doubled = torch.nn.functional.interpolate(
        torch.from_numpy(image[None, None, :112, :112].copy()),
        size=(224, 224),
        mode="bilinear",
        antialias=True,
    )
    np.testing.assert_allclose(windows[0], load(file).window_maps(doubled[0].numpy())[0, :, 0, 0], atol=1e-4)
    with pytest.raises(UserError, match="mode 'windows'"):
        region_features(load(file, mode=TrunkMode.DENSE), image, box, scale=1.0, grid=grid)


# The file


def test_another_file_than_the_published_one_is_refused_unless_accepted(file):
    with pytest.raises(UserError, match="--accept-other-weights"):
        check_weights(file, architecture="cnn-m-128")
    digest = check_weights(file, architecture="cnn-m-128", accept_other=True)
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_published_file_is_known_by_its_md5(file, monkeypatch):
    monkeypatch.setattr(matconvnet, "MD5", hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest())
    assert check_weights(file, architecture="cnn-m-128")


def test_the_digest_is_part_of_the_key_and_another_file_is_refused(tmp_path, file, average):
    other = write_mat(tmp_path / "other.mat", random_layers(seed=1), average)
    assert load(other).key != load(file).key
    with pytest.raises(UserError, match="SHA-256 differs"):
        load_trunk(load(file).settings, weights=other)


@pytest.mark.parametrize(
    ("layer", "change", "reason"),
    [
        ("conv2", {"stride": np.array([[1, 1]])}, "conv2 has stride"),
        ("conv1", {"pad": np.array([[1, 1, 1, 1]])}, "conv1 has pad"),
        ("norm1", {"param": np.array([[5.0, 1.0, 1e-4, 0.75]])}, "response normalisation"),
        ("fc7", {"name": "fc9"}, "has no fc7"),
        ("conv3", {"weights": np.array([1.0])}, "no list"),
    ],
)
def test_a_file_with_another_network_is_refused_in_a_sentence(tmp_path, average, layer, change, reason):
    path = write_mat(tmp_path / "wrong.mat", random_layers(), average, changes={layer: change})
    with pytest.raises(UserError, match=reason):
        check_weights(path, architecture="cnn-m-128", accept_other=True)


def test_weights_that_do_not_fit_are_refused_in_a_sentence(tmp_path, average):
    layers = random_layers()
    for name, value, reason in (
        ("conv4", (layers["conv4"][0][:, :, :2], layers["conv4"][1]), "conv4 takes 2 channels"),
        ("conv2", (layers["conv2"][0][:3], layers["conv2"][1]), "conv2 has filters"),
        ("fc7", (layers["fc7"][0][..., :64], layers["fc7"][1][:64]), "64 units"),
        ("fc6", (layers["fc6"][0] * np.nan, layers["fc6"][1]), "not a number"),
    ):
        path = write_mat(tmp_path / "wrong.mat", layers | {name: value}, average)
        with pytest.raises(UserError, match=reason):
            check_weights(path, architecture="cnn-m-128", accept_other=True)
    path = write_mat(tmp_path / "wrong.mat", layers, average[:10] * 10)
    with pytest.raises(UserError, match="average picture"):
        check_weights(path, architecture="cnn-m-128", accept_other=True)


def test_a_damaged_file_is_refused_in_a_sentence(tmp_path, file):
    data = file.read_bytes()
    path = tmp_path / "damaged.mat"
    for content in (b"", b"no file of MATLAB" * 20, data[:4000], data[:100] + bytes(200) + data[300:]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="cannot be used as weights of CNN-M-128"):
            check_weights(path, architecture="cnn-m-128", accept_other=True)


def test_mean_and_max_have_nothing_to_pool_here():
    with pytest.raises(UserError, match="not known to this version"):
        trunk_dimension(TrunkSettings(name="cnn-m-128", tap="fc7", pooling="mean+max"))


def test_without_a_weights_file_the_command_is_named():
    with pytest.raises(UserError, match="lesionloop trunks add FILE --architecture cnn-m-128"):
        load_trunk(TrunkSettings(name="cnn-m-128", tap="fc7"))
