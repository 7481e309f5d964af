"""The report of an evaluation, against the evaluation.json that it is made of."""

from __future__ import annotations

import base64
import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from core.control import Control
from core.crossval import Cohort, CohortImage, KnownFinding, Plan, evaluate_recipes
from core.crossval.arms import Arm
from core.crossval.inputs import feature_keys, open_store
from core.domain import Contour, FindingType, Label
from core.errors import UserError
from core.recipe import Method, Recipe
from core.report import write_report
from core.report.answers import answers, looked_at, too_few_resamples
from core.report.figures import differences, froc
from core.report.planes import confusion, plane
from core.report.source import Places, Plane, Source
from core.report.style import drawing, labels_of
from core.report.tables import verdict

RECIPE = Recipe(
    method=Method.CLS_DET_RS,
    epochs=6,
    components=0,
    hidden=8,
    batch_images=64,
    dense_epochs=2,
    threads=1,
    learning_rate=1e-2,
)
GRID = RECIPE.grid.key
REGIONS, WIDTH = 4, 100
LABELS = (Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH)
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=SS-Cls-Det-RS $a$ & $b$"
HASHES = [f"{number:064x}" for number in range(32)]

Change = Callable[[dict], None]


def _square(index: int) -> Contour:
    x = index * WIDTH + 30.0
    return Contour.from_points([(x, 30), (x + 40, 30), (x + 40, 70), (x, 70)])


def _cohort() -> Cohort:
    """16 patients with two breasts of one view each; the label goes round."""
    left = np.arange(REGIONS) * float(WIDTH)
    boxes = np.column_stack([left, np.zeros(REGIONS), left + WIDTH, np.full(REGIONS, float(WIDTH))])
    images = []
    for number, content_hash in enumerate(HASHES):
        label = LABELS[(number // 2 + 2 * (number % 2)) % 4]
        malignant, benign = label.targets
        images.append(
            CohortImage(
                image_id=number + 1,
                patient=700_001 + number // 2,
                breast=900_001 + number,
                label=label,
                content_hash=content_hash,
                scale=1.0,
                shape=(WIDTH, REGIONS * WIDTH),
                boxes={GRID: boxes},
                malignant=(KnownFinding(_square(number % 4), FindingType.MASS),) if malignant else (),
                benign=(KnownFinding(_square((number + 1) % 4)),) if benign else (),
                spacing_mm=0.1,
            )
        )
    return Cohort(tuple(images))


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation of two recipes with difficult names: two folds, one seed."""
    folder = tmp_path_factory.mktemp("measured")
    cohort, rng = _cohort(), np.random.default_rng(0)
    with open_store(folder / "features", RECIPE) as store:
        for image in cohort.images:
            features = rng.normal(size=(REGIONS, store.dimension)).astype(np.float32)
            features[:, 8:] = 0.0
            features[image.hits(image.malignant, grid_key=GRID), 0] += 3.0
            store.images.put(feature_keys(cohort, RECIPE)[image.image_id], features)
    arms = (
        Arm(SCRIPT, RECIPE, 0.0),
        Arm(FORMULA, replace(RECIPE, method=Method.SS_CLS_DET_RS), 0.5),
    )
    plan = Plan(arms, folds=2, resamples=50)
    out = folder / "out"
    for _ in evaluate_recipes(
        cohort, plan, out=out, features_folder=folder / "features", jobs=1, control=Control()
    ):
        pass
    return out


@pytest.fixture(scope="session")
def reported(measured: Path) -> Path:
    """The same folder with its report."""
    write_report(measured)
    return measured


@pytest.fixture
def changed(measured: Path, tmp_path: Path) -> Callable[[Change], Path]:
    """A copy of the folder whose evaluation.json is changed, without figures."""

    def copied(change: Change) -> Path:
        out = tmp_path / "out"
        ignored = shutil.ignore_patterns("figures", "tables", "report.html", "*.npz")
        shutil.copytree(measured, out, ignore=ignored)
        value = json.loads((out / "evaluation.json").read_bytes())
        change(value)
        (out / "evaluation.json").write_text(json.dumps(value))
        return out

    return copied


class _Page(HTMLParser):
    """Elements in order, unclosed ones, and addresses; the text, and that of the tables, cell by cell."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(out: Path) -> str:
    return (out / "report.html").read_text(encoding="utf-8")


def _rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / "tables" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _value(out: Path) -> dict:
    return json.loads((out / "evaluation.json").read_bytes())


def _same(text: str, number: float | None) -> bool:
    return text == "" if number is None else float(text) == pytest.approx(number, rel=1e-5)


def test_table2_holds_every_figure_of_the_evaluation(reported: Path):
    rows, figures = _rows(reported, "table2.csv"), _value(reported)["figures"]
    assert len(rows) == len(figures) > 40
    for row, figure in zip(rows, figures, strict=True):
        assert [row["task"], row["level"], row["measure"]] == [
            figure["task"],
            figure["level"],
            figure["name"],
        ]
        for column, name in {"mean": "mean", "sd": "sd", "low95": "low", "high95": "high"}.items():
            assert _same(row[column], figure[name])


def test_table3_counts_as_the_evaluation_does(reported: Path):
    rows = _rows(reported, "table3.csv")
    counts = [n for table in _value(reported)["confusion"] for line in table["counts"] for n in line]
    assert [float(row["images"]) for row in rows] == counts
    assert sum(counts) == 64  # 32 images, two recipes


def test_comparisons_curves_and_errors_equal_the_evaluation(reported: Path):
    value = _value(reported)
    for row, pair in zip(_rows(reported, "comparisons.csv"), value["comparisons"]["all_pairs"], strict=True):
        assert all(_same(row[name], pair[name]) for name in ("difference", "low", "high", "p", "p_holm"))
    drawn = [s for row in value["froc"] for s in row["sensitivity"]]
    assert [float(row["sensitivity"]) for row in _rows(reported, "froc.csv")] == pytest.approx(
        drawn, rel=1e-5
    )
    drawn = [s for row in value["roc"] for s in row["sensitivity"]]
    assert [float(row["sensitivity"]) for row in _rows(reported, "roc.csv")] == pytest.approx(drawn, rel=1e-5)
    for row, group in zip(_rows(reported, "errors.csv"), value["breakdown"], strict=True):
        assert row["group"] == group["group"]
        assert _same(row["auroc"], group["auroc"])
    for row, one in zip(_rows(reported, "calibration.csv"), value["calibration"], strict=True):
        assert _same(row["brier"], one["brier"])
        assert _same(row["ece"], one["ece"])
    bins = [one["images"] for row in value["calibration"] for one in row["bins"]]
    assert [int(row["images"]) for row in _rows(reported, "reliability.csv")] == bins


def test_the_page_shows_the_figures_of_the_evaluation(reported: Path):
    text = _Page(_page(reported)).text
    shown = [f for f in _value(reported)["figures"] if f["mean"] is not None and f["level"] == "image"]
    assert shown
    assert all(f"{figure['mean']:.3f} ({figure['sd']:.3f})" in text for figure in shown)


def test_the_page_is_whole_and_asks_nothing_of_the_network(reported: Path):
    raw = _page(reported)
    page = _Page(raw)
    assert page.open == []
    assert page.addresses
    assert all(address.startswith("data:image/svg+xml;base64,") for address in page.addresses)
    assert re.findall(r"https?:|@import|url\(", raw) == []
    assert "default-src 'none'" in raw
    for address in page.addresses:
        picture = ET.fromstring(base64.b64decode(address.partition(",")[2]))
        links = [
            value for node in picture.iter() for key, value in node.attrib.items() if key.endswith("href")
        ]
        assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)


def test_a_recipe_name_with_markup_is_text(reported: Path):
    page = _Page(_page(reported))
    assert "script" not in page.tags
    assert SCRIPT in page.text
    assert FORMULA in page.text


def test_a_name_that_a_spreadsheet_would_compute_is_made_harmless(reported: Path):
    names = {row["recipe"] for row in _rows(reported, "table2.csv")}
    assert names == {SCRIPT, f"'{FORMULA}"}
    for path in (reported / "tables").glob("*.csv"):
        fields = [f for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for f in row]
        assert not [f for f in fields if f[:1] in tuple("=@") or (f[:1] in tuple("+-") and not _is_number(f))]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", text) is not None


def test_every_svg_is_well_formed_and_has_its_png(reported: Path):
    pictures = sorted((reported / "figures").glob("*.svg"))
    named = {"differences", "froc", "roc", "confusion", "reliability"}
    assert {path.stem for path in pictures} == named | {
        f"{kind}-{n}" for kind in ("plane", "training") for n in (1, 2)
    }
    for path in pictures:
        assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert path.with_suffix(".png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_same_folder_gives_the_same_pictures(reported: Path):
    source = Source.read(reported)
    with drawing():
        again = [froc(source), confusion(source), plane(source.planes()[SCRIPT], SCRIPT, number=1)]
    for figure in again:
        assert (reported / "figures" / f"{figure.name}.svg").read_bytes() == figure.svg
        assert (reported / "figures" / f"{figure.name}.png").read_bytes() == figure.png


def test_a_matplotlibrc_of_the_machine_changes_no_figure(reported: Path):
    from matplotlib import rc_context

    with rc_context({"font.size": 30.0, "svg.fonttype": "none", "savefig.bbox": "tight"}), drawing():
        assert (
            differences(Source.read(reported)).svg == (reported / "figures" / "differences.svg").read_bytes()
        )


def test_the_page_says_synthetic_only_when_asked(reported: Path, changed, monkeypatch: pytest.MonkeyPatch):
    assert "SYNTHETIC" not in _page(reported)
    out = changed(lambda value: None)
    monkeypatch.setattr("core.report.report.all_figures", _undrawn)
    write_report(out, is_synthetic=True)
    assert "SYNTHETIC" in _Page(_page(out)).text


def test_no_file_of_the_report_names_a_patient(reported: Path):
    kinds = (".html", ".csv", ".svg")
    texts = [p.read_text(encoding="utf-8") for p in reported.rglob("*") if p.suffix in kinds]
    assert len(texts) > 10
    keys = [*HASHES[1:], *(str(700_001 + n) for n in range(16)), *(str(900_001 + n) for n in range(32))]
    written = "\n".join(re.sub(r"base64,[^\"]*|<path[^>]*>|<use[^>]*>", "", text) for text in texts)
    assert not [key for key in keys if re.search(rf"(?<![\d.]){key}(?!\d)", written)]


def test_old_figures_of_recipes_that_are_gone_are_removed_and_other_files_stay(
    changed, monkeypatch: pytest.MonkeyPatch
):
    out = changed(lambda value: None)
    (out / "figures").mkdir()
    for name in ("plane-9.svg", "training-9.png", "mine.svg"):
        (out / "figures" / name).write_text("")
    monkeypatch.setattr("core.report.report.all_figures", _undrawn)
    write_report(out)
    assert [path.name for path in (out / "figures").iterdir()] == ["mine.svg"]


def _undrawn(source: Source) -> list:
    """Every figure, missing: the page without the work of drawing."""
    from core.report.style import missing

    numbers = range(1, len(source.recipes) + 1)
    names = ["differences", "froc", "roc", "confusion", "reliability"]
    names += [f"{kind}-{n}" for kind in ("plane", "training") for n in numbers]
    return [missing(name, f"figure {name}", "not drawn.") for name in names]


def _empty(value: dict) -> None:
    """As where every measure is out of reach: nothing drawn, no resamples, every run of the second recipe failed."""
    gone = value["recipes"][1]["recipe"]
    value["resamples"] = 0
    value["comparisons"] = {"against_reference": [], "all_pairs": []}
    value["breakdown"], value["notes"] = [], []
    for row in value["figures"]:
        row.update(mean=None, sd=None, sd_seeds=None, low=None, high=None, cells=0)
    for row in (*value["froc"], *value["roc"]):
        row.update(
            cells=0, sensitivity=[], sd=[], **{k: [] for k in ("fppi", "false_positive_rate") if k in row}
        )
    for table in value["confusion"]:
        table.update(cells=0, accuracy=None, recall=[None] * 3)
    for row in value["calibration"]:
        row.update(bins=[], brier=None, brier_of_prevalence=None, ece=None)
    for cell in value["cells"]:
        if cell["recipe"] == gone:
            cell.update(state="failed", reason="there was not enough memory.", seconds=None, metrics=None)


def test_every_missing_part_is_told_in_a_sentence(changed):
    out = changed(_empty)
    for path in out.rglob("curves.csv"):
        path.unlink()
    files = write_report(out)
    text = _Page(_page(out)).text
    for sentence in (
        "What each recipe gains over the reference: no resamples were asked for",
        "no run holds out an image whose findings are all drawn.",
        "no run holds out images of both classes of a task.",
        "no run's training images hold all of N, B and M.",
        "Calibration (reliability): no run was finished.",
        f"Probability plane of {FORMULA}: no run of this recipe was finished.",
        "no finished run left its curves.",
        "Nothing is known by which the images could be grouped.",
        "2 of 4 runs failed",
        f"{FORMULA}, 2 runs (seed 0 fold 0, seed 0 fold 1): there was not enough memory.",
        "(AUROC, M vs. BN): not measured.",
    ):
        assert sentence in text
    assert {path.name for path in files if path.suffix == ".svg"} == {"plane-1.svg"}


def test_one_recipe_has_nothing_to_be_compared_with(changed):
    def alone(value: dict) -> None:
        value["recipes"] = value["recipes"][:1]
        value["comparisons"] = {"against_reference": [], "all_pairs": []}

    figure = differences(Source.read(changed(alone)))
    assert figure.missing == "there is one recipe, and nothing to compare it with."


def test_froc_of_one_task_alone_is_drawn_and_tells_who_is_left_out(changed):
    def without_benign(value: dict) -> None:
        for row in value["froc"]:
            if row["task"] == "MB vs. N":
                row.update(cells=0, fppi=[], sensitivity=[], sd=[])
            else:
                row.update(left_out=3, images=29)

    with drawing():
        figure = froc(Source.read(changed(without_benign)))
    assert figure.svg
    assert "M vs. BN: 3 of 32." in figure.caption


def test_a_plane_without_a_class_in_training_is_drawn_without_areas():
    train = Places.of([(0.1, 0.9, Label.NORMAL), (0.9, 0.1, Label.MALIGNANT)])
    with drawing():
        figure = plane(Plane(train, train, seed=0, fold=0), "Cls-Det", number=1)
    assert "no scored training image is labelled benign" in figure.caption
    assert ET.fromstring(figure.svg) is not None


def test_names_in_figures_are_never_alike_too_long_or_formulas():
    start = "recipes/of/the/whole/group/with/augmentation/"
    names = [f"{start}{n}/SS-Cls-Det-RS.json" for n in range(12)]
    labels = labels_of(names)
    assert len(set(labels.values())) == 12
    assert max(map(len, labels.values())) <= 34
    assert labels_of(["$a$", "_b", "配"]) == {"$a$": r"\$a\$", "_b": " _b", "配": "?"}


def test_a_method_on_other_settings_stands_beside_the_same_row_of_the_paper(
    changed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.report.report.all_figures", _undrawn)
    out = changed(lambda value: None)
    write_report(out)
    text = _Page(_page(out)).text
    assert ".728 / .275 / .40 / .27" in text  # Cls-Det-RS, M vs. BN
    assert ".745 / .313 / .46 / .33" in text  # SS-Cls-Det-RS at .5
    assert ".841 / .367 / .55 / .38" in text  # Cls-Det-RS, MB vs. N
    assert ".709 / .251" not in text


def test_a_folder_without_an_evaluation_or_with_a_damaged_one_is_refused_in_a_sentence(
    changed, tmp_path: Path
):
    with pytest.raises(UserError, match="holds no finished evaluation"):
        write_report(tmp_path)
    out = changed(lambda value: None)
    (out / "predictions.csv").write_text("recipe,seed\n1,2\n")
    with pytest.raises(UserError, match=r"predictions\.csv or images\.csv of out is missing or damaged"):
        Source.read(out).planes()


def test_matplotlib_and_jinja2_are_imported_only_when_a_report_is_written():
    code = (
        "import sys, core.report, app.cli; "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'matplotlib', 'jinja2', 'torch', 'PySide6'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("difference", "p", "p_holm", "said"),
    [
        (0.1, 0.01, 0.04, "higher"),
        (-0.1, 0.01, 0.04, "lower"),
        (0.1, 0.02, 0.16, "no difference shown (p 0.020 before correction)"),
        (0.1, 0.3, 1.0, "no difference shown"),
        (0.1, None, None, "no test: too few patients"),
    ],
)
def test_a_difference_is_called_one_only_after_correction(difference, p, p_holm, said):
    assert verdict({"difference": difference, "p": p, "p_holm": p_holm}) == said


def test_the_answer_names_the_highest_recipe_and_its_test(changed):
    def better(value: dict) -> None:
        for row in value["figures"]:
            if (row["task"], row["level"], row["name"]) == ("M vs. BN", "image", "auroc"):
                mean = 0.9 if row["recipe"] == FORMULA else 0.6
                row.update(mean=mean, low=mean - 0.05, high=mean + 0.05)
        for row in value["comparisons"]["against_reference"]:
            if (row["task"], row["name"]) == ("M vs. BN", "auroc"):
                row.update(difference=0.3, low=0.1, high=0.5, p=0.0004, p_holm=0.0008)

    source = Source.read(changed(better))
    assert answers(source)[0] == (
        f"Telling malignant images from the others (AUROC, M vs. BN): {FORMULA} is highest, 0.900 [0.850, 0.950], "
        f"against 0.600 of {SCRIPT}. The difference is +0.300 [+0.100, +0.500]; higher (p < .001, after Holm < .001)."
    )
    assert FORMULA in looked_at(source)


@pytest.mark.parametrize(("resamples", "said"), [(0, ""), (39, "more than 39"), (40, ""), (1000, "")])
def test_too_few_resamples_to_show_anything_are_told(measured: Path, resamples: int, said: str):
    source = Source.read(measured)  # one recipe beside the reference: 2 / (r + 1) must be below 0.05
    told = too_few_resamples(replace(source, value=source.value | {"resamples": resamples}))
    assert told == "" if said == "" else said in told
