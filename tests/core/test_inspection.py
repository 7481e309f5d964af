"""What is learnt of files before they enter the store; a bad one never ends the inspection of the others."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file

from core.decoder import Decoder
from core.domain import Laterality, View
from core.errors import UnreadableImageError
from core.inspection import Inspected, inspect, inspect_file
from core.pixels import content_hash
from core.recipe import GridSettings

GRID = GridSettings()


def breast_picture(*, rows=900, columns=600):
    y, x = np.mgrid[:rows, :columns]
    inside = ((y - rows / 2) / (rows * 0.4)) ** 2 + (x / (columns * 0.6)) ** 2 < 1
    noise = np.random.default_rng(0).normal(0, 20, inside.shape)
    return np.clip(np.where(inside, 1800 + 3 * (y % 100), 50) + noise, 0, 4095).astype(np.uint16)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "p7_L_CC.png"
    Image.fromarray(breast_picture()).save(path)
    return path


def run(files, *, spacing_mm=None, should_stop=lambda: False):
    return list(inspect(files, grid=GRID, spacing_mm=spacing_mm or {}, should_stop=should_stop))


def test_a_usable_file_is_known_by_its_bytes_its_header_and_its_regions(picture):
    (found,) = run([picture])
    assert found.reason == ""
    assert found.path == str(picture)
    assert found.content_hash == hashlib.sha256(picture.read_bytes()).hexdigest()
    assert (found.rows, found.columns, found.bits) == (900, 600, 16)
    assert (found.laterality, found.view) == (Laterality.LEFT, View.CC)
    assert (found.spacing_mm, found.scale) == (None, 1.0)
    boxes = np.array(found.boxes)
    assert boxes.shape[1] == 4
    assert len(boxes) >= 8
    assert boxes[:, 2].max() <= 600
    # No region lies wholly on the background to the right of the breast.
    assert boxes[:, 0].min() == 0
    assert boxes[:, 0].max() < 360


def test_a_stated_spacing_makes_the_working_scale_and_wins_over_the_file(tmp_path):
    dataset = dcmread(get_testdata_file("MR_small.dcm"))
    dataset.Modality, dataset.PixelSpacing = "MG", ["0.1", "0.1"]
    picture = breast_picture().astype(np.int16)
    dataset.Rows, dataset.Columns = picture.shape
    dataset.PixelData = picture.tobytes()
    path = tmp_path / "breast.dcm"
    dataset.save_as(path)
    (own,), (stated,) = run([path]), run([path], spacing_mm={str(path): 0.14})
    assert (own.spacing_mm, own.scale) == (0.1, pytest.approx(0.1 / 0.07))
    assert (stated.spacing_mm, stated.scale) == (0.14, pytest.approx(2.0))
    assert len(stated.boxes) > len(own.boxes)


@pytest.mark.parametrize("spacing", [0.0, 70.0, -0.07, float("nan")])
def test_a_spacing_that_no_mammogram_has_is_a_reason(picture, spacing):
    (found,) = run([picture], spacing_mm={str(picture): spacing})
    assert "pixel spacing" in found.reason
    assert found.boxes == ()


def test_bad_files_give_their_reasons_and_the_others_go_on(picture, tmp_path):
    blank, text, cut, gone = (tmp_path / name for name in ("blank.png", "notes.txt", "cut.png", "gone.dcm"))
    Image.fromarray(np.zeros((300, 200), dtype=np.uint16)).save(blank)
    text.write_text("nothing to see")
    cut.write_bytes(picture.read_bytes()[:2000])
    found = run([blank, text, cut, gone, picture])
    assert [one.path for one in found] == [str(p) for p in (blank, text, cut, gone, picture)]
    assert "no breast was found" in found[0].reason
    assert "not a DICOM" in found[1].reason
    assert "damaged or incomplete" in found[2].reason
    assert "no longer where it was" in found[3].reason
    assert found[4].reason == ""
    for one, path in zip(found[:4], (blank, text, cut, gone), strict=True):
        assert one.reason.startswith(path.name)
        assert one.content_hash == ""


def test_a_file_that_changes_while_it_is_read_is_refused(picture):
    class Meddler(Decoder):
        """Writes to the file as another program would, between reading and checking."""

        def decode(self, path):
            decoded = super().decode(path)
            path.write_bytes(path.read_bytes() + b"x")
            return decoded

    with Meddler() as decoder, pytest.raises(UnreadableImageError, match="changed while it was read"):
        inspect_file(picture, decoder, grid=GRID)


def test_an_inspection_ends_before_the_next_file_when_asked(picture):
    asked = []

    def should_stop():
        asked.append(True)
        return len(asked) > 2

    assert len(run([picture] * 5, should_stop=should_stop)) == 2


def test_the_same_file_gives_the_same_regions(picture):
    first, second = run([picture, picture])
    assert first == second
    assert first.content_hash == content_hash(picture)


def test_a_result_survives_its_line_of_json(picture, tmp_path):
    for found in run([picture, tmp_path / "gone.png"]):
        line = json.dumps(found.to_json(), allow_nan=False)
        assert Inspected.from_json(json.loads(line)) == found


def test_no_patient_enters_a_reason(tmp_path):
    dataset = dcmread(get_testdata_file("MR_small.dcm"))
    dataset.Modality, dataset.PatientName, dataset.PatientID = "MG", "Doe^Jane", "SECRET-17"
    dataset.PixelData = bytes(len(dataset.PixelData))
    path = tmp_path / "empty.dcm"
    dataset.save_as(path)
    (found,) = run([path])
    assert "no breast was found" in found.reason
    assert "Doe" not in found.reason
    assert "SECRET" not in found.reason
