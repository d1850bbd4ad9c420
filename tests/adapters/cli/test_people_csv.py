"""Links as CSV: spreadsheets may write it as they like, and find nothing to execute in it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cli.people_csv import COLUMNS, BadRow, Row, read_rows, write_rows
from bridge.errors import BridgeError
from bridge.people.identity import BitrixUserId, Identity, Platform

HEADER = ",".join(COLUMNS)
ANNA = Row(
    line=2,
    identity=Identity(Platform.TELEGRAM, "", "4242"),
    handle="anna",
    portal="",
    user_id=BitrixUserId(5),
)


def read(*lines: str, encoding: str = "utf-8", newline: str = "\n") -> list[Row | BadRow]:
    return list(read_rows(newline.join((*lines, "")).encode(encoding)))


def problem(row: str) -> str:
    (bad,) = read(HEADER, row)
    assert isinstance(bad, BadRow)
    return bad.problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_read_however_a_spreadsheet_writes_it(
    encoding: str, newline: str, separator: str
) -> None:
    lines = [line.replace(",", separator) for line in (HEADER, "telegram,,4242,anna,,5")]
    assert read(*lines, encoding=encoding, newline=newline) == [ANNA]


@pytest.mark.parametrize(
    "row",
    ["Telegram, ,4242,@anna,,#5", '"telegram","","4242","anna","","5"', "telegram,,4242,anna,,5,"],
)
def test_cells_may_be_written_in_other_ways(row: str) -> None:
    assert read(HEADER, row) == [ANNA]


def test_columns_may_come_in_any_order_and_others_between_them() -> None:
    rows = read("User_ID;note;EXTERNAL_ID;platform;handle", "5;a friend;4242;telegram;anna")
    assert rows == [ANNA]


def test_excels_line_about_the_separator_is_heeded() -> None:
    (row,) = read("sep=;", HEADER.replace(",", ";"), "telegram;;4242;anna;;5")
    assert isinstance(row, Row)
    assert (row.line, row.handle) == (3, "anna")


def test_a_slack_identity_needs_its_workspace_and_a_telegram_one_has_none() -> None:
    (row,) = read(HEADER, "slack,T1,U5,anna,one.example,5")
    assert isinstance(row, Row)
    assert (str(row.identity), row.portal) == ("slack:T1/U5", "one.example")
    assert "slack:T012/U345" in problem("slack,,U5,anna,,5")
    assert "telegram:4242" in problem("telegram,T1,4242,anna,,5")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("viber,,1,anna,,5", "its platform must be slack or telegram"),
        ("console,,root,anna,,5", "its platform must be slack or telegram"),
        ("telegram,,4.242E+09,anna,,5", "the person's number alone"),
        ("telegram,,,anna,,5", "an identity looks like"),
        ("telegram,,4242,anna,,", "its user_id is no number"),
        ("telegram,,4242,anna,,0", "its user_id is no number"),
        ("telegram,,4242,anna,,٥", "its user_id is no number"),
        ("telegram,,4242,anna,,-5", "its user_id is no number"),
        ("telegram,,4242,anna,,5,more", "it has 7 cells, but there are 6 columns"),
        ('telegram,,4242,"an"na,,5', "its quotation marks are not those of CSV"),
        (f"telegram,,4242,{'x' * 200_000},,5", "its quotation marks are not those of CSV"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row: str, told: str) -> None:
    assert told in problem(row)


def test_a_bad_row_is_no_reason_to_leave_out_the_others() -> None:
    rows = read(
        HEADER,
        "",
        '"telegram","","1","two\nlines","","5"',
        ",,,,,",
        "nonsense",
        'telegram,,2,"b"ad,,5',
        "telegram,,3,clara,,3",
    )
    assert [(type(row), row.line) for row in rows] == [
        (Row, 3),
        (BadRow, 6),
        (BadRow, 7),
        (Row, 8),
    ]


def test_a_quotation_mark_that_is_not_closed_is_told_where_it_opens() -> None:
    rows = read(HEADER, "telegram,,4242,anna,,5", 'telegram,,2,"boris,,2', "telegram,,3,clara,,3")
    assert [row.line for row in rows if isinstance(row, BadRow)] == [3]


def test_a_row_in_another_encoding_is_bad_and_the_others_are_not() -> None:
    content = f"{HEADER}\ntelegram,,4242,anna,,5\ntelegram,,2,борис,,2\n".encode("cp1251")
    good, bad = read_rows(content)
    assert good == ANNA
    assert bad == BadRow(3, "it is not in UTF-8: save the file as “CSV UTF-8”")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "The first line must name the columns platform, workspace,"),
        ("telegram,,4242,anna,,5", "there is no platform and no external_id and no user_id."),
        ("platform,external_id", "there is no user_id."),
        (HEADER.replace("handle", "handel"), "There is no column handel; did you mean handle?"),
        ("\0\0\0", "The first line must name the columns"),
    ],
)
def test_what_is_no_such_file_is_not_read(header: str, told: str) -> None:
    with pytest.raises(BridgeError, match=told.replace("?", r"\?")):
        read(header, "telegram,,4242,anna,,5")


@pytest.mark.parametrize(
    "handle",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1",
        "a;=1+1",
        "a,=1+1",
        'a",=1+1',
        "a\t=1",
        "a\n=1",
        " =1",
        "'=1",
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_spreadsheet_finds_a_formula(handle: str, separator: str) -> None:
    written = write_rows([("slack", "T1", "U5", handle, "one.example", "5")])
    for row in csv.reader(io.StringIO(written), delimiter=separator):
        assert not [cell for cell in row if cell.strip().startswith(("=", "+", "-", "@", "＝"))]


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("=+-@'\";,\t"), max_size=12))
def test_what_is_written_is_read_again(handle: str) -> None:
    handle = handle.strip().removeprefix("@").strip().replace("\r", "")
    written = write_rows([("slack", "T1", "U5", handle, "one.example", "5")])
    (row,) = read_rows(written.encode())
    assert isinstance(row, Row)
    assert row.handle == handle.removeprefix("@")
