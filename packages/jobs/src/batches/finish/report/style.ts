// How the report looks: on paper white and at night, wide and narrow.
export const style = `
:root { --ground: #fbfbf9; --card: #fff; --ink: #1d2127; --soft: #646b76; --rule: #e3e3de; --s0: #2f6fb3; --s1: #e0883a; --bad: #c03434; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171c; --card: #1c2027; --ink: #e8eaee; --soft: #98a0ad; --rule: #303641; --s0: #6aa7e8; --s1: #f0a45c; --bad: #f07575; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
header p, small, dt, .legend { color: var(--soft); margin: 0; }
header p { overflow-wrap: anywhere; }
dl { margin: 0; } dd { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.tile, figure { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: .7rem .9rem; margin: 0; }
.tile dt, small { font-size: .8rem; }
.tile dd { font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.bad dd { color: var(--bad); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .75rem; }
figcaption { font-weight: 600; }
.legend { display: flex; gap: 1rem; font-size: .8rem; }
.legend i { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .4em; }
.legend i.s0 { background: var(--s0); } .legend i.s1 { background: var(--s1); }
svg { width: 100%; height: auto; display: block; margin-top: .4rem; }
svg text { font-size: 11px; fill: var(--soft); }
rect.s0 { fill: var(--s0); } rect.s1 { fill: var(--s1); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); }
.grid { stroke: var(--rule); }
.row { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .85rem; font-variant-numeric: tabular-nums; }
.row div { display: flex; gap: .4rem; }
.table { overflow-x: auto; border: 1px solid var(--rule); border-radius: .6rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .8rem; border-top: 1px solid var(--rule); }
thead th, tbody:first-child tr:first-child td { border-top: 0; }
th { color: var(--soft); font-weight: 500; }
td:first-child { white-space: nowrap; }
td:last-child { overflow-wrap: anywhere; }
`;
