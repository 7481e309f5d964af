"""The CSV of labels as people write it: each trap read right or told in a sentence."""

from __future__ import annotations

import pytest

from core.domain import Label, Laterality, View
from core.errors import UserError
from storage.importing.labels_csv import label_of_birads, read_labels


@pytest.fixture
def table(tmp_path):
    def read(text: str | bytes):
        path = tmp_path / "labels.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_labels(path)

    return read


def test_a_full_row_is_read(table):
    [row] = table(
        "file,patient,laterality,view,label,birads,spacing_mm\nimages/a.dcm,P1,R,MLO,MB,4a,0.085\n"
    ).rows
    assert (row.file, row.patient, row.laterality, row.view) == (
        "images/a.dcm",
        "P1",
        Laterality.RIGHT,
        View.MLO,
    )
    assert (row.label, row.birads, row.spacing_mm, row.row, row.note) == (Label.BOTH, "4a", 0.085, 2, "")


def test_file_and_patient_are_enough(table):
    [row] = table("file,patient\na.dcm,P1\n").rows
    assert (row.label, row.view, row.laterality, row.spacing_mm) == (
        None,
        View.UNKNOWN,
        Laterality.UNKNOWN,
        None,
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(table, delimiter):
    text = "file,patient,label\na.dcm,P1,M\n".replace(",", delimiter)
    assert table(text).rows[0].label == Label.MALIGNANT


def test_a_semicolon_file_with_decimal_commas_is_read(table):
    assert table("file;patient;spacing_mm\na.dcm;P1;0,07\n").rows[0].spacing_mm == 0.07


@pytest.mark.parametrize(
    "header",
    [
        "File Name,Patient ID,Bi-Rads",
        "IMAGE,PATIENT_ID,assessment",
        "filename,case,BIRADS",
        "path,subject,BI RADS",
    ],
)
def test_other_names_of_the_columns_are_understood(table, header):
    [row] = table(f"{header}\na.dcm,P1,2\n").rows
    assert (row.file, row.patient, row.label) == ("a.dcm", "P1", Label.BENIGN)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("n", Label.NORMAL),
        ("Normal", Label.NORMAL),
        ("BENIGN", Label.BENIGN),
        ("m", Label.MALIGNANT),
        ("Both", Label.BOTH),
    ],
)
def test_labels_are_read_in_any_case(table, text, label):
    assert table(f"file,patient,label\na,P1,{text}\n").rows[0].label == label


@pytest.mark.parametrize(
    ("birads", "label"),
    [
        ("1", "N"),
        ("2", "B"),
        ("4", "M"),
        ("4a", "M"),
        ("4B", "M"),
        ("4c", "M"),
        ("5", "M"),
        ("6", "M"),
        ("0", None),
        ("3", None),
    ],
)
def test_birads_gives_the_label_of_the_method(table, birads, label):
    result = table(f"file,patient,birads\na,P1,{birads}\n")
    assert result.rows[0].label == label
    assert bool(result.rows[0].note) == (label is None)
    assert label_of_birads(birads.lower()) == label


@pytest.mark.parametrize("text", ["BI-RADS 2", "birads 2", "2.0", "BIRADS: 2", "BI-RADS2"])
def test_birads_is_read_as_data_sets_write_it(table, text):
    assert table(f"file,patient,birads\na,P1,{text}\n").rows[0].birads == "2"


@pytest.mark.parametrize("text", ["7", "2a", "4d", "high", "44"])
def test_a_birads_that_does_not_exist_fails_its_row(table, text):
    result = table(f"file,patient,birads\na,P1,{text}\nb,P1,1\n")
    assert [row.file for row in result.rows] == ["b"]
    assert f"Row 2 of labels.csv: the BI-RADS category {text!r} is not known" in result.failed[0][1]


def test_an_unknown_label_fails_its_row_with_the_accepted_values_and_the_others_go_on(table):
    result = table("file,patient,label\na.dcm,P1,M\nb.dcm,P2,suspicious\nc.dcm,P3,N\n")
    assert [row.file for row in result.rows] == ["a.dcm", "c.dcm"]
    assert result.failed == (
        (
            "b.dcm",
            (
                "Row 3 of labels.csv: the label 'suspicious' is not known; accepted are "
                "N, B, M, MB, normal, benign, malignant, both."
            ),
        ),
    )


def test_a_file_named_twice_is_used_once_and_told(table):
    result = table("file,patient,label\na.dcm,P1,M\na.dcm,P1,N\n")
    assert [(row.row, row.label) for row in result.rows] == [(2, Label.MALIGNANT)]
    assert "named twice, here and in row 2" in result.failed[0][1]


@pytest.mark.parametrize(("line", "why"), [("a.dcm,,M", "no patient"), (",P1,M", "no file is named")])
def test_a_row_without_file_or_patient_fails(table, line, why):
    result = table(f"file,patient,label\n{line}\nok,P9,N\n")
    assert why in result.failed[0][1]
    assert len(result.rows) == 1


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "wide", "70"])
def test_a_spacing_that_cannot_be_millimetres_fails_its_row(table, text):
    assert "pixel spacing" in table(f"file,patient,spacing_mm\na,P1,{text}\n").failed[0][1]


def test_label_and_birads_that_disagree_are_told_and_the_label_wins(table):
    result = table("file,patient,label,birads\na,P1,N,5\n")
    assert result.rows[0].label == Label.NORMAL
    assert "disagree" in result.notes[0]


def test_side_and_view_that_are_not_known_are_told(table):
    result = table("file,patient,laterality,view\na,P1,both,XCCL\n")
    assert (result.rows[0].laterality, result.rows[0].view) == (Laterality.UNKNOWN, View.OTHER)
    assert "laterality" in result.notes[0]
    assert "view" in result.notes[0]


def test_a_byte_order_mark_is_no_part_of_the_first_column(table):
    assert table(b"\xef\xbb\xbffile,patient\na,P1\n").rows[0].file == "a"


def test_latin_1_is_read_and_told(table):
    result = table("file,patient\nbild_ä.dcm,P1\n".encode("latin-1"))
    assert result.rows[0].file == "bild_ä.dcm"
    assert "Latin-1" in result.notes[0]


def test_utf_16_of_a_spreadsheet_is_read(table):
    assert table("file\tpatient\na.dcm\tP1\n".encode("utf-16")).rows[0].patient == "P1"


def test_empty_lines_and_quoted_cells_are_read(table):
    result = table('file,patient,label\r\n"a, b.dcm",P1,M\r\n\r\n,,\r\nc.dcm,P1,N\r\n')
    assert [row.file for row in result.rows] == ["a, b.dcm", "c.dcm"]


def test_a_quotation_mark_too_many_is_told_where_it_stands_and_shows_no_patient(table):
    result = table('file,patient,label\na,SECRET-1,M\n"b,SECRET-2,N\nc,SECRET-3,N\n')
    assert [row.file for row in result.rows] == ["a"]
    [(name, reason)] = result.failed
    assert name == "row 3"
    assert "quotation mark too many" in reason
    assert "SECRET" not in repr((result.failed, result.notes))


def test_a_remark_of_several_lines_in_a_column_that_is_not_used_does_no_harm(table):
    result = table('file,patient,remark\na,P1,"one\ntwo"\nb,P2,\n')
    assert [row.file for row in result.rows] == ["a", "b"]
    assert result.failed == ()


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "file,label\na,M\n"])
def test_a_file_that_is_no_table_of_labels_is_one_sentence(table, text):
    with pytest.raises(UserError, match="names no column"):
        table(text)


def test_a_header_without_rows_is_one_sentence(table):
    with pytest.raises(UserError, match="no rows below its header"):
        table("file,patient\n")


def test_a_csv_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"labels.csv cannot be read"):
        read_labels(tmp_path / "labels.csv")


def test_no_patient_is_named_in_any_message(table):
    result = table("file,patient,label,birads\na,SECRET-1,??,\nb,SECRET-2,N,5\na2,SECRET-3,,9\n")
    assert "SECRET" not in repr((result.failed, result.notes))


@pytest.mark.parametrize(("written", "density"), [("B", "B"), ("c", "C"), ("4", "D"), ("", ""), ("x", "")])
def test_a_breast_density_is_read_as_letter_or_number(table, written, density):
    [row] = table(f"file,patient,Breast Density\na.dcm,P1,{written}\n").rows
    assert row.density == density
    assert ("density is not A to D" in row.note) == (written == "x")
