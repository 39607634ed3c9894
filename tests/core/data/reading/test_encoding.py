"""Signs of all languages come out as they were typed, whatever program saved them."""

import codecs

import pytest

from core.data.reading.encoding import to_utf8
from core.data.reading.grid import read_grid

DAYS = [f"2019-05-{day:02}" for day in range(1, 31)]


def table(header: str, words: list[str], end: str = "\n") -> str:
    lines = [f"{day};{place},5;{words[place % len(words)]}" for place, day in enumerate(DAYS)]
    return end.join([header, *lines, ""])


@pytest.mark.parametrize(
    ("encoding", "header", "words"),
    [
        ("utf-8", "Päivä;Määrä;Kaupunki", ["Jyväskylä"]),
        ("utf-8-sig", "Dzień;Ilość;Miasto", ["Kraków"]),
        ("utf-16", "日付;売上;店舗", ["東京", "大阪"]),
        ("utf-16-le", "Zeit;Größe;Ort", ["Lübeck"]),
        ("utf-16-be", "День;Цена;Город", ["Тула"]),
        ("utf-32", "Giorno;Quantità;Città", ["Forlì"]),
        ("cp1252", "Tag;Erlös (€);Straße", ["Köln", "Fürth"]),
        ("cp1252", "Jour;Débit d’été;Région", ["Nîmes", "Besançon", "œuvre"]),
        ("cp1252", "Día;Año;Región", ["España", "Cigüeña"]),
        ("cp1252", "Dia;Preço;Região", ["São João", "Açores"]),
        ("cp1252", "Giorno;Quantità;Città", ["più", "così", "perché"]),
        ("cp1252", "Dag;Mängd;Län", ["Skåne", "Örebro"]),
        ("cp1252", "Day;Price £;Flow m³/h", ["20 °C", "½ day", "naïve – so"]),
        ("cp1252", "Day;Value;é", ["x"]),
        ("cp1250", "Dzień;Ilość;Województwo", ["Łódź", "Śląskie", "Małopolskie"]),
        ("cp1250", "Den;Množství;Průměr", ["Plzeň", "Ústí", "Říčany"]),
        ("cp1250", "Nap;Mennyiség;Érték", ["Győr", "Sűrű"]),
        ("cp1254", "Gün;Satış;Değer", ["İzmir", "Muğla"]),
        ("cp1251", "Дата;Выручка;Регион", ["Тверь", "Казань"]),
        ("koi8-r", "Дата;Выручка;Регион", ["Тверь", "Казань"]),
        ("cp1253", "Ημέρα;Τιμή;Πόλη", ["Αθήνα", "Πάτρα"]),
        ("shift_jis", "日付;売上;店舗", ["名古屋", "さいたま"]),
        ("gb18030", "日期;销售额;城市", ["广州", "上海"]),
        ("mac_roman", "Jour;Quantité;Région", ["été", "Genève"]),
        ("mac_roman", "Jour;Quantité;Lieu", ["Nice"]),
    ],
)
def test_names_and_cells_come_out_as_they_were_typed(encoding: str, header: str, words: list[str]) -> None:
    grid = read_grid(table(header, words).encode(encoding))
    assert grid.names == tuple(header.split(";"))
    assert set(grid.columns[2].to_pylist()) == set(words)
    assert grid.encoding == encoding
    assert not grid.notices


def test_latin_1_is_read_as_the_windows_encoding_that_holds_it() -> None:
    grid = read_grid(table("Dato;Mængde;Sted", ["Ærø", "Åbenrå"]).encode("latin-1"))
    assert (grid.names, grid.encoding) == (("Dato", "Mængde", "Sted"), "cp1252")


def test_bytes_that_windows_does_not_define_do_no_harm() -> None:
    content = table("Tag;Größe;Ort", ["Kö\x81ln"]).encode("latin-1")
    assert read_grid(content).names == ("Tag", "Größe", "Ort")


def test_old_mac_files_with_their_line_ends() -> None:
    grid = read_grid(table("Tag;Größe;Käufer", ["Köln", "Fürth"], end="\r").encode("mac_roman"))
    assert (grid.names, grid.rows) == (("Tag", "Größe", "Käufer"), 30)


def test_plain_utf_8_is_not_copied() -> None:
    content = table("Tag;Größe;Ort", ["Köln"]).encode()
    assert to_utf8(content).source.data is content
    with_mark = codecs.BOM_UTF8 + content
    assert to_utf8(with_mark).source.data is with_mark


def test_a_few_broken_bytes_are_replaced_and_told_with_their_line() -> None:
    content = table("Tag;Größe;Ort", ["Köln"]).encode()
    lines = content.split(b"\n")
    lines[6] = lines[6].replace("ö".encode(), b"\xf6")
    grid = read_grid(b"\n".join(lines))
    assert grid.encoding == "utf-8"
    assert grid.columns[2].to_pylist()[4:7] == ["Köln", "K\ufffdln", "Köln"]
    (notice,) = grid.notices
    assert (notice.code, notice.count) == ("broken_text", 1)
    assert notice.examples == ("line 7: 2019-05-06;5,5;K\ufffdln",)


def test_a_sign_that_stood_for_a_broken_one_already_is_nothing_to_tell() -> None:
    assert not read_grid(table("Tag;Wert;Ort", ["K\ufffdln"]).encode()).notices


def test_a_utf_8_file_that_ends_inside_a_sign_is_still_utf_8() -> None:
    content = table("Tag;Wert;Ort", ["Kö"]).encode().rstrip(b"\n")
    assert read_grid(content[:-1]).encoding == "utf-8"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\n"])
def test_line_ends_of_all_systems(end: str) -> None:
    grid = read_grid(table("Tag;Wert;Ort", ["Ulm"], end=end).encode())
    assert (grid.rows, grid.names) == (30, ("Tag", "Wert", "Ort"))
    assert grid.columns[2][29].as_py() == "Ulm"


def test_line_ends_may_change_inside_a_file_and_other_separators_are_data() -> None:
    content = b"a;b\r\n1;x\r2;y\xc2\x85z\n3;u\xe2\x80\xa8v\x0bw\r\n"
    assert read_grid(content).columns[1].to_pylist() == ["x", "y\x85z", "u\u2028v\x0bw"]
