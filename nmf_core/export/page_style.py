"""The look of the HTML report: calm, light and dark, and on paper."""

from __future__ import annotations

# Shades are a colour over the page at some strength: text keeps its own colour, and the strength is capped so that it stays
# readable on each, less on dark pages than on light ones.
STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --panel: #f7f8f9; --ink: #1d2329; --quiet: #5b6570; --rule: #e1e5e9;
  --line: #0072b2; --good: #00664a; --warn: #a34700; --shade: .62; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181c; --panel: #1b2126; --ink: #e7eaed; --quiet: #a0aab4;
  --rule: #2e363d; --line: #56b4e9; --good: #4cc79f; --warn: #f0a35e; --shade: .42; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue",
  Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 62rem; margin: 0 auto; padding: 3.5rem 1.5rem 5rem; }
.kicker { margin: 0 0 .4rem; color: var(--quiet); font-size: .85rem; letter-spacing: .04em; }
h1 { margin: 0; font-size: 2.3rem; line-height: 1.15; font-weight: 650; letter-spacing: -.02em; }
h2 { margin: 0 0 .9rem; font-size: 1.25rem; font-weight: 650; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 1.1rem; display: flex; align-items: center; gap: .55rem; min-width: 0; }
h4 { margin: 1.1rem 0 .35rem; font-size: .8rem; font-weight: 600; color: var(--quiet); }
p { margin: 0 0 .8rem; max-width: 44rem; }
section { margin-top: 2.6rem; padding-top: 1.6rem; border-top: 1px solid var(--rule); }
.quiet { color: var(--quiet); font-size: .88rem; }
.name { display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  vertical-align: bottom; }
p .name, li .name { max-width: 16rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem 1.5rem; margin: 0 0 1rem; }
.facts div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.facts dt { color: var(--quiet); font-size: .85rem; line-height: 1.3; }
.facts dd { margin: 0; font-size: 1.35rem; line-height: 1.3; font-weight: 600; }
.notes, .care { margin: 0; padding-left: 1.1rem; max-width: 46rem; }
.care li { margin-bottom: .5rem; }
.good { color: var(--good); }
.warn { color: var(--warn); }
figure { margin: 1.4rem 0 .6rem; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 12px; }
.axis { fill: none; stroke: var(--rule); }
.line { fill: none; stroke: var(--line); stroke-width: 2; stroke-linejoin: round; }
.area { fill: var(--line); opacity: .08; }
.dot { fill: var(--line); }
figcaption, summary { color: var(--quiet); font-size: .88rem; }
summary { cursor: pointer; }
details > * + * { margin-top: .7rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(18.5rem, 1fr)); gap: 1.1rem; }
.card { padding: 1.1rem 1.2rem 1.2rem; background: var(--panel); border: 1px solid var(--rule);
  border-radius: 10px; min-width: 0; break-inside: avoid; }
.card .quiet { margin: .2rem 0 0; }
.card p { margin: 0; }
.swatch { flex: none; width: .85rem; height: .85rem; border-radius: 3px; background: rgb(var(--c)); }
.bars { list-style: none; margin: 0; padding: 0; }
.bars li { display: grid; grid-template-columns: minmax(0, 1fr) .8rem 4rem 2.6rem; align-items: center; font-size: .93rem;
  line-height: 1.7; }
.bars .name { max-width: 100%; }
.bar { height: .55rem; border-radius: 3px; background: var(--rule); overflow: hidden; }
.bar i { display: block; height: 100%; background: rgb(var(--c)); }
.bars b { font-weight: 500; text-align: right; }
.mark { color: var(--warn); font-weight: 700; cursor: help; }
.wide { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 2px; font-size: .9rem; }
th { font-weight: 500; text-align: left; }
.picture th .name { max-width: 9rem; }
.picture th[scope=row] { padding: 0 .5rem; text-align: right; }
.picture .heads th { text-align: center; vertical-align: bottom; padding-top: .8rem; }
.picture .heads .name { max-width: 7rem; }
.key { padding: 0 1rem .3rem 0; max-width: 17rem; color: var(--quiet); font-size: .8rem; line-height: 1.5; vertical-align: middle; }
.shade { min-width: 5.4rem; padding: .6rem .4rem; text-align: center; border-radius: 4px;
  background: rgb(var(--c) / calc(.04 + var(--s) * var(--shade))); }
.blank { outline: 1.5px dashed var(--ink); outline-offset: -3px; }
.shade small { margin-left: .3rem; color: var(--ink); opacity: .72; font-size: .72em; vertical-align: super; }
.dense { width: min(97vw, 90rem); margin-left: calc(50% - min(48.5vw, 45rem)); }
.dense table { margin: 0 auto; font-size: .7rem; }
.dense .key { font-size: .75rem; }
.dense .shade { min-width: 1.9rem; padding: .2rem; border-radius: 3px; }
.dense .blank { outline: 1px dashed var(--quiet); outline-offset: -2px; }
.dense .shade small { margin-left: .1rem; }
.dense .heads .name { writing-mode: vertical-rl; transform: rotate(180deg); max-width: none; max-height: 9rem; }
.plain { border-collapse: collapse; }
.plain th, .plain td { padding: .3rem 1rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule); }
.plain th { color: var(--quiet); }
pre { margin: 0 0 .8rem; padding: 1rem 1.2rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--rule);
  border-radius: 10px; font-size: .85rem; line-height: 1.5; }
code { font-size: .92em; overflow-wrap: anywhere; }
@page broad { size: landscape; }
@media print {
  :root { --paper: #ffffff; --panel: #ffffff; --ink: #000000; --quiet: #444444; --rule: #cccccc; --line: #0072b2;
    --good: #00664a; --warn: #a34700; --shade: .62; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 1.4rem; padding-top: 1rem; }
  h2 { break-after: avoid; }
  tr, figure { break-inside: avoid; }
  details { display: none; }
  .wide { overflow: visible; }
  .dense { width: auto; margin: 0; page: broad; }
  .dense table { font-size: 5.5pt; border-spacing: 1px; }
  .dense .shade { min-width: 0; padding: .1rem; }
}
"""
