"""Encodings, delimiters, quotes and line ends, in the languages of the offices that wrote the files."""

from collections.abc import Iterator

from tests.core.data.ugly_case import Case, accept, comma, either, number, rows, text, truth, with_column


def cases() -> Iterator[Case]:
    yield from encodings()
    yield from delimiters()
    yield from quotes()


def encodings() -> Iterator[Case]:
    danish = truth("da", "2019-03-01", "D", 90, "Omsætning", "Antal køb")
    table = rows(danish, "%d-%m-%Y", comma(2, "."), "Dato")
    semicolon = {"delimiter": ";", "decimal": ","}
    yield accept("danish_excel", text(table, ";"), danish, "cp1252", time=("Dato",), **semicolon)

    polish = truth("pl", "2018-06-01", "D", 120, "Sprzedaż", "Ilość", level=12_000)
    table = with_column(rows(polish, "%d.%m.%Y", comma(2, "\xa0"), "Dzień"), 1, "Miasto", "Łódź – Śródmieście")
    yield accept("polish_excel", text(table, ";"), polish, "cp1250", time=("Dzień",), drop=("Miasto",), **semicolon)

    czech = truth("cs", "2020-01-01", "D", 100, "Tržby", "Počet kusů", level=3_000)
    table = rows(czech, lambda at: f"{at.day}.{at.month}.{at.year}", [comma(2, "\xa0", after=" Kč"), comma()], "Den")
    yield accept("czech_excel_crowns", text(table, ";"), czech, "cp1250", time=("Den",), **semicolon)

    spanish = truth("es", "2021-02-01", "h", 150, "Producción (MWh)")
    table = with_column(rows(spanish, "%d/%m/%Y %H:%M", comma(), "Fecha"), 1, "Estación", "Peñíscola")
    yield accept(
        "spanish_latin1", text(table, ";"), spanish, "latin-1", time=("Fecha",), drop=("Estación",), **semicolon
    )

    russian = truth("ru", "2022-01-01", "D", 80, "Выручка", "Количество")
    table = with_column(rows(russian, "%d.%m.%Y", comma(), "Дата"), 1, "Город", "Санкт-Петербург")
    fields = {"time": ("Дата",), "drop": ("Город",), **semicolon}
    yield accept("russian_cp1251", text(table, ";"), russian, "cp1251", **fields)
    yield accept("russian_utf8", text(table, ";"), russian, **fields)

    japanese = truth("ja", "2021-04-01", "D", 60, "売上", "数量")
    table = rows(japanese, lambda at: f"{at.year}年{at.month}月{at.day}日", name="日付")
    yield accept("japanese_utf8", text(table), japanese, time=("日付",))
    slashes = rows(japanese, "%Y/%m/%d", name="日付")
    reason = ("encod", "text", "character")
    yield either("japanese_shift_jis", text(slashes), japanese, reason, encoding="cp932", time=("日付",))

    greek = truth("el", "2022-01-01", "D", 70, "Πωλήσεις")
    table = rows(greek, "%d/%m/%Y", comma(), "Ημερομηνία")
    yield accept("greek_utf16", text(table, "\t"), greek, "utf-16", time=("Ημερομηνία",), delimiter="\t", decimal=",")

    german = truth("de16", "2021-01-01", "h", 200, "Wärme", "Strom", digits=1)
    table = rows(german, "%d.%m.%Y %H:%M", comma(1), "Zeit")
    fields = {"time": ("Zeit",), "decimal": ","}
    yield accept("utf16_le_no_mark", text(table, "\t"), german, "utf-16-le", delimiter="\t", **fields)
    yield accept("utf16_be_no_mark", text(table, ";"), german, "utf-16-be", delimiter=";", **fields)
    marked = b"\xfe\xff" + text(table, ";").encode("utf-16-be")
    yield accept("utf16_be_mark", marked, german, "utf-16", delimiter=";", **fields)
    yield accept("excel_csv_utf8", text(table, ";"), german, "utf-8-sig", delimiter=";", **fields)
    quoted = text(table, ",", quote="all")
    yield accept("mark_then_quotes", quoted, german, "utf-8-sig", **fields)

    swedish = truth("sv", "2020-01-01", "MS", 60, "Försäljning", level=40_000)
    table = rows(swedish, "%Y-%m", comma(2, "\xa0"), "Månad")
    yield accept("swedish_mac", text(table, ";", "\r"), swedish, time=("Månad",), **semicolon)
    french = truth("fr", "2019-01-01", "D", 90, "Chiffre d’affaires", level=90_000)
    table = rows(french, "%d/%m/%Y", comma(2, "\u202f", after="\u202f€"), "Jour")
    yield accept("french_narrow_space", text(table, ";"), french, time=("Jour",), **semicolon)
    table = rows(truth("é", "2019-01-01", "D", 90, "Débit"), write=number(), name="jour")
    yield accept("one_accent", text(table), truth("é", "2019-01-01", "D", 90, "Débit"), "latin-1", time=("jour",))


def delimiters() -> Iterator[Case]:
    known = truth("delimiters", "2022-05-01", "D", 60, "flow", "level")
    table = rows(known)
    yield accept("tab", text(table, "\t"), known, delimiter="\t")
    yield accept("pipe", text(table, "|", "\n"), known, delimiter="|")
    yield accept("padded_semicolons", text(table, ";").replace(";", " ; "), known, delimiter=";")
    yield accept("tab_with_commas", text(rows(known, write=comma()), "\t"), known, delimiter="\t", decimal=",")
    spaces = "\n".join("  ".join(cell.rjust(12) for cell in line) for line in table) + "\n"
    yield either("columns_of_blanks", spaces, known, ("column", "delimiter", "separat"), delimiter=None)
    yield accept("sep_line", "sep=;\r\n" + text(rows(known, write=comma()), ";"), known, delimiter=";", decimal=",")
    yield accept("mixed_line_ends", text(table, end="\n").replace("\n", "\r\n", 20), known)
    yield accept("no_last_line_end", text(table).rstrip(), known)
    yield accept("dos_end_of_file", text(table) + "\x1a", known)
    trailing = "".join(line + ";\r\n" for line in text(rows(known, write=comma()), ";").splitlines())
    yield accept("trailing_delimiters", trailing, known, delimiter=";", decimal=",")
    head, _, body = text(table, end="\n").partition("\n")
    below = head + "\n" + "".join(line + ",\n" for line in body.splitlines())
    yield accept("trailing_delimiters_below_the_header", below, known)
    asked = text(rows(known, write=number(0)), ";")
    whole = truth("delimiters", "2022-05-01", "D", 60, "flow", "level", digits=0)
    yield accept("delimiter_asked_for", asked, whole, delimiter=";", asked={"delimiter": ";"}, decimal=None)
    labelled = with_column(rows(known, write=comma()), 1, "Ort, Platz", "Köln, Dom")
    yield accept("commas_in_labels", text(labelled, ";"), known, delimiter=";", decimal=",", drop=("Ort, Platz",))
    odd = with_column(table, 1, "who", lambda row: "O'Neil" if row % 7 == 3 else "Ann")
    yield accept("apostrophes_in_labels", text(odd), known, drop=("who",))


def quotes() -> Iterator[Case]:
    known = truth("quotes", "2020-02-01", "D", 75, "Preis", "Menge", level=1_500)
    german = {"decimal": ","}
    table = rows(known, "%d.%m.%Y", comma(2, "."), "date")
    yield accept("comma_decimals_in_quotes", text(table), known, **german)
    yield accept("all_quoted_semicolon", text(table, ";", quote="all"), known, delimiter=";", **german)
    plain = rows(known, write=comma())
    yield accept("comma_and_comma", text(plain), known, **german)
    yield accept("us_thousands_in_quotes", text(rows(known, write=number(2, ".", ","))), known)
    notes = with_column(rows(known), 3, "note", lambda row: "first line\nsecond, line" if row % 9 == 4 else "")
    yield accept("line_ends_in_quotes", text(notes), known, drop=("note",))
    crlf = with_column(rows(known), 1, "Bemerkung", lambda row: 'sagte "gut";\r\ndann nichts' if row == 40 else "ok")
    yield accept("doubled_quotes", text(crlf, ";"), known, delimiter=";", drop=("Bemerkung",))
    numbered = with_column(rows(known), 0, "", lambda row: str(row + 1))
    yield accept("r_write_csv", text(numbered, quote="all"), known)
    lines = text(numbered, quote="all").splitlines()
    shifted = "\n".join([lines[0].removeprefix('"",'), *lines[1:]]) + "\n"
    yield either("r_write_table", shifted, known, ("header", "cells", "line"))
    index = text(with_column(rows(known), 0, "Unnamed: 0", str))
    yield accept("pandas_index_kept", index, known, drop=("Unnamed: 0",))
    broken = rows(known.named("Preis\n(EUR)", "Menge"))
    yield accept("line_end_in_a_name", text(broken), known.named("#1", "#2"))
