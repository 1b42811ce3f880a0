// The look of the HTML report: ink on paper, and the same on a screen.
//
// Stands inside <style>, so it must do without the characters that XML escapes.
#include "signing/report_html_page.h"

namespace signing {

const std::string_view kHtmlStyle = R"css(
:root { --ink: #1a1d21; --soft: #4a5058; --line: #c9cdd2; --paper: #ffffff; --tint: #f5f6f7;
  --ok: #14532d; --ok-tint: #edf6f0; --bad: #8a1c14; --bad-tint: #fbeeec; --warn: #6b4400;
  --warn-tint: #fcf5e6; }
* { box-sizing: border-box; }
html { background: #e7e9ec; }
body { color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto;
  padding: 3rem 3.5rem; font: 1rem/1.5 'Source Serif 4', Charter, Georgia, 'Liberation Serif',
  'DejaVu Serif', serif; overflow-wrap: anywhere; box-shadow: 0 1px 6px rgba(0, 0, 0, .2); }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.6em 0 .5em; break-after: avoid; }
h1 { font-size: 1.75rem; margin: .2em 0 .6em; }
h2 { font-size: 1.3rem; border-bottom: 2px solid var(--ink); padding-bottom: .2em; }
h3 { font-size: 1.08rem; }
h4, h5, h6 { font-size: 1rem; }
p { margin: .4em 0; }
.kind { letter-spacing: .06em; text-transform: uppercase; font-size: .8rem; color: var(--soft); }
.verdict { border: 1px solid var(--line); border-left: .5rem solid var(--soft);
  padding: 1rem 1.4rem; margin: 1.2rem 0 1.6rem; }
.verdict p:first-child { font-size: 1.3rem; font-weight: bold; }
.outcome { border-left: .3rem solid var(--soft); padding: .3rem .9rem; margin: .8rem 0; }
.ok { border-color: var(--ok); background: var(--ok-tint); }
.bad { border-color: var(--bad); background: var(--bad-tint); }
.warn { border-color: var(--warn); background: var(--warn-tint); }
.plain { border-color: var(--soft); background: var(--tint); }
.word { font-weight: bold; white-space: nowrap; }
.word.ok { color: var(--ok); background: none; }
.word.bad { color: var(--bad); background: none; }
.word.warn { color: var(--warn); background: none; }
.word.plain { color: var(--soft); background: none; }
dl { margin: .6rem 0; }
dl div { display: grid; grid-template-columns: 14rem 1fr; gap: 1rem; padding: .28rem 0;
  border-bottom: 1px solid var(--line); break-inside: avoid; }
dt { color: var(--soft); }
dd { margin: 0; }
.gloss { color: var(--soft); font-size: .9em; }
.outcome .gloss { color: inherit; font-size: 1em; }
.claim { color: var(--soft); font-style: italic; }
table { width: 100%; border-collapse: collapse; margin: .8rem 0 1.2rem; font-size: .9rem; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; break-after: avoid; }
th, td { text-align: left; vertical-align: top; padding: .32rem .6rem .32rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td bdi, td code { overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: normal; border-bottom: 1px solid var(--ink); }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.by-block table { table-layout: fixed; }
.by-block th:nth-child(1) { width: 16%; }
.by-block th:nth-child(3) { width: 21%; }
.by-block th:nth-child(4) { width: 25%; }
.values { font-size: .85rem; color: var(--soft); }
code { font: .82rem/1.45 'DejaVu Sans Mono', 'Liberation Mono', Consolas, monospace; }
ul { padding-left: 1.2rem; }
li { margin: .35rem 0; }
li code { color: var(--soft); margin-left: .5rem; }
article article { border-left: 2px solid var(--line); padding-left: 1.2rem; }
footer { margin-top: 2rem; color: var(--soft); font-size: .88rem; }
@media (max-width: 40rem) { body { padding: 1.2rem; margin: 0; }
  dl div { grid-template-columns: 1fr; gap: 0; } }
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-right { content: counter(page) ' / ' counter(pages); font: 8pt serif; } }
@media print { html { background: none; font-size: 9.5pt; }
  body { max-width: none; margin: 0; padding: 0; box-shadow: none;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .verdict, .outcome { break-inside: avoid; } }
)css";

}  // namespace signing
