"""Escaped HTML in one or two languages: sentences, tables, and the style sheet."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Literal, NewType

import attrs

from ruralcredit.reasons import Lang, Reason
from ruralcredit.reports._words import WORDS

__all__ = ["STYLE", "Html", "ReportLang", "Voice", "esc", "join", "sentence", "table", "tag"]

ReportLang = Literal["zh", "en", "both"]
Html = NewType("Html", str)

_DEFAULT_NOTE = re.compile(r"（本库建议值，非监管规定）| \(library default, not a regulation\)")


def esc(text: object) -> Html:
    """Return text that shows as it stands, whatever it holds."""
    return Html(escape(str(text)))


def join(parts: Iterable[Html], between: str = "") -> Html:
    """Join pieces of HTML."""
    return Html(between.join(parts))


def tag(name: str, inside: Html, css: str = "", **attributes: str) -> Html:
    """Wrap HTML in an element; attribute values are escaped."""
    given = {**({"class": css} if css else {}), **attributes}
    written = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
    return Html(f"<{name}{written}>{inside}</{name}>")


def sentence(key: str, lang: Lang, facts: Mapping[str, object]) -> str:
    """Return one sentence of the report as plain text."""
    return WORDS[key][lang == "en"].format(**facts)


@attrs.frozen
class Voice:
    """Says things in Chinese, English, or in both with Chinese first."""

    lang: ReportLang

    @property
    def langs(self) -> tuple[Lang, ...]:
        """The languages spoken, in order."""
        return ("zh", "en") if self.lang == "both" else (self.lang,)

    @property
    def colon(self) -> Html:
        """What stands between a name and its value."""
        return Html(": " if self.lang == "en" else "：")

    def pair(self, zh: str, en: str) -> Html:
        """Say one thing inside a line."""
        if self.lang != "both":
            return esc(zh if self.lang == "zh" else en)
        if zh == en:
            return esc(zh)
        return Html(f'{esc(zh)} <span class="en" lang="en">{esc(en)}</span>')

    def say(self, key: str, **facts: object) -> Html:
        """Say a phrase of the report inside a line."""
        return self.pair(sentence(key, "zh", facts), sentence(key, "en", facts))

    def word(self, pair: tuple[str, str]) -> Html:
        """Say one word that has both forms."""
        return self.pair(*pair)

    def rich(self, key: str, facts: Mapping[Lang, Mapping[str, Html]]) -> Html:
        """Say a sentence whose facts are HTML already, one line per language."""
        return join(
            tag("span", Html(escape(WORDS[key][lang == "en"]).format(**facts[lang])), lang)
            for lang in self.langs
        )

    def block(self, key: str, css: str = "", **facts: object) -> Html:
        """Say a sentence as a paragraph of its own, one per language."""
        return join(
            tag("p", esc(sentence(key, lang, facts)), f"{css} {lang}".strip(), lang=lang)
            for lang in self.langs
        )

    def reason(self, reason: Reason, *, note: bool = True) -> Html:
        """Say a reason; its default note is left out where it stands once for all."""
        texts = [reason.text("zh"), reason.text("en")]
        if not note:
            texts = [_DEFAULT_NOTE.sub("", text) for text in texts]
        return self.pair(*texts)


def table(
    voice: Voice,
    heads: Sequence[str],
    rows: Sequence[Sequence[Html]],
    *,
    numbers: Iterable[int] = (),
    foot: Sequence[Html] = (),
    css: str = "",
) -> Html:
    """Write a table; columns of numbers stand right.

    Args:
        voice: Who says the headers.
        heads: Keys of the headers.
        rows: Cells as HTML.
        numbers: Positions of number columns.
        foot: Cells of a closing row.
        css: Classes of the table.
    """
    right = frozenset(numbers)

    def cells(name: str, values: Sequence[Html]) -> Html:
        return join(
            tag(name, value, "n" if at in right else "") for at, value in enumerate(values)
        )

    head = tag("tr", cells("th", [voice.say(key) for key in heads]))
    body = join(tag("tr", cells("td", row)) for row in rows)
    closing = tag("tfoot", tag("tr", cells("td", foot))) if foot else Html("")
    inside = join([tag("thead", head), tag("tbody", body), closing])
    return tag("div", tag("table", inside, css), "scroll")


STYLE = """
:root{--ink:#1f2a37;--soft:#5b6775;--rule:#cdd4dc;--faint:#f4f6f8;--mark:#9b2335}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:#e9edf1;color:var(--ink);font:14px/1.65 "Source Han Sans SC",
"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Hiragino Sans GB","Microsoft YaHei",
"WenQuanYi Micro Hei",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:210mm;margin:24px auto;background:#fff;padding:16mm 14mm;
box-shadow:0 1px 6px rgba(31,42,55,.18)}
h1,h2,h3{font-family:"Source Han Serif SC","Noto Serif CJK SC","Songti SC",SimSun,Georgia,serif;
line-height:1.35;font-weight:700}
h1{font-size:27px;margin:0 0 4px}
h1 .en{display:block;font-size:15px;font-weight:400;color:var(--soft)}
h2{font-size:19px;margin:38px 0 10px;padding-bottom:6px;border-bottom:1.5px solid var(--ink)}
h3{font-size:15px;margin:22px 0 8px}
h2 .en,h3 .en{font-size:.78em;font-weight:400;color:var(--soft);margin-left:.4em}
p{margin:6px 0}
p.zh+p.en{margin-top:-4px}
p.en{color:var(--soft);font-size:12px;line-height:1.5}
.en{color:var(--soft);font-size:.86em}
.meta{display:flex;flex-wrap:wrap;gap:4px 26px;color:var(--soft);font-size:12.5px;
border-top:3px solid var(--ink);padding-top:10px;margin-top:12px}
.meta b{color:var(--ink);font-weight:600}
.lead{margin:20px 0 8px}
.lead p{font-size:17px;line-height:1.6;font-weight:600;margin:0}
.lead p.en{font-size:13.5px;font-weight:400;margin-top:4px}
.creed{border-left:4px solid var(--mark);background:var(--faint);padding:9px 14px;margin:14px 0}
.creed p{margin:2px 0}
.warn{border-left:4px solid #b7791f;background:#fdf8ee;padding:8px 14px;margin:12px 0}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--rule);
border:1px solid var(--rule);margin:14px 0}
.tiles div{background:#fff;padding:9px 12px}
.tiles b{display:block;font-size:20px;line-height:1.3;font-weight:600}
.tiles span{font-size:12px;color:var(--soft)}
.tiles .en{display:block;font-size:11px;line-height:1.3}
nav ol{columns:2;padding-left:20px;margin:6px 0;font-size:13px}
nav a{color:inherit;text-decoration:none}
.scroll{overflow-x:auto;margin:8px 0}
.dense,.dense .id,.dense th .en{font-size:10.5px}
.dense th,.dense td{padding:4px 3px}
table{border-collapse:collapse;width:100%;font-size:12px;line-height:1.45}
table.dense{font-size:11px}
th,td{padding:4px 6px;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th:first-child,td:first-child{padding-left:2px}
th:last-child,td:last-child{padding-right:2px}
th{white-space:nowrap;font-weight:600;border-bottom:1.2px solid var(--ink);vertical-align:bottom}
th .en{display:block;font-weight:400;font-size:11px;line-height:1.25}
tfoot td{font-weight:600;border-top:1.2px solid var(--ink);border-bottom:0}
td.n,th.n{text-align:right}
td.n{white-space:nowrap}
td .en{font-size:11px}
.two{white-space:nowrap}
.two .en{display:block;line-height:1.25}
.two .badge{display:block;width:max-content;margin:2px 0 0}
.two .badge .en{display:inline}
.id{font-family:"JetBrains Mono",Menlo,Consolas,"Noto Sans Mono CJK SC",monospace;font-size:.94em;
overflow-wrap:anywhere}
.keep{white-space:nowrap}
.hash{font-size:11px;overflow-wrap:anywhere}
.dim{color:var(--soft)}
.badge{display:inline-block;border:1px solid var(--mark);color:var(--mark);border-radius:2px;
padding:0 6px;font-size:11.5px;font-weight:400;margin-left:6px;font-family:inherit}
.note{color:var(--soft);font-size:12.5px}
p.note.en{font-size:11.5px}
.loop{border-top:1px solid var(--rule);padding-top:4px;margin-top:22px}
.loop h3{margin-top:12px}
h4{font-size:13px;margin:12px 0 4px}
h4 .en{font-weight:400;margin-left:.3em}
.figure{overflow-x:auto;margin:4px 0}
.figure svg{display:block;margin:0 auto;max-width:100%;height:auto;font-family:inherit}
.facts{display:grid;grid-template-columns:repeat(4,1fr);gap:6px 14px;margin:8px 0;font-size:12.5px}
.facts dt{color:var(--soft);font-size:11.5px}
.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.facts .wide{grid-column:span 2}
ol.path{padding-left:22px;margin:4px 0;font-size:13px}
ol.path li{margin:3px 0}
ol.path .en{display:block}
ul.assumed{padding-left:18px;font-size:12.5px}
ul.pairs{columns:2;padding-left:18px;font-size:12px}
.heads{columns:3;column-gap:22px;font-size:12px;margin:6px 0}
.heads div{break-inside:avoid;padding:2px 0;border-bottom:1px solid var(--rule)}
.list{font-size:12.5px;overflow-wrap:anywhere}
.sign{display:grid;grid-template-columns:1fr 1fr 1fr;gap:26px;margin-top:44px}
.sign div{border-top:1px solid var(--ink);padding-top:6px;font-size:12.5px}
footer{margin-top:30px;color:var(--soft);font-size:11.5px}
.en-only p.en,.en-only .en{color:inherit;font-size:inherit}
.en-only .lead p.en{font-size:17px;font-weight:600}
.en-only .note.en{color:var(--soft)}
@media (max-width:700px){
main{margin:0;padding:18px 16px;box-shadow:none}
body{background:#fff}
h1{font-size:23px}
.lead p{font-size:16px}
.tiles{grid-template-columns:repeat(2,1fr)}
.heads{columns:1}
ul.pairs{columns:1}
.facts{grid-template-columns:repeat(2,1fr)}
nav ol{columns:1}
.sign{grid-template-columns:1fr;gap:40px}
.figure svg{max-width:none}
.scroll table{min-width:560px}
.scroll table.small{min-width:0}
}
@page{size:A4;margin:15mm 15mm 17mm}
@media print{
body{background:#fff;font-size:10pt;line-height:1.5}
main{max-width:none;margin:0;padding:0;box-shadow:none}
h2{font-size:14pt}
h2.fresh{break-before:page;margin-top:0}
nav{display:none}
h3{margin-top:14px}
h2,h3{break-after:avoid}
table{font-size:8.6pt}
tr,.tiles,.creed,.figure,.facts,.sign,.loop{break-inside:avoid}
.loop{margin-top:10px}
h4{margin:8px 0 2px}
.loop .top{break-inside:avoid}
thead{display:table-header-group}
.scroll,.figure{overflow:visible}
.figure svg{max-height:92mm}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""
