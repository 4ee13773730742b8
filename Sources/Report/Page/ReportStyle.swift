// SPDX-License-Identifier: Apache-2.0

/// How reports look: dark text on white, one column of text, figures that print.
enum ReportStyle {
  /// Paul Tol's muted scheme, told apart by people with any kind of colour vision; black for what comes after.
  static let colours = [
    "#332288", "#117733", "#CC6677", "#88CCEE", "#AA4499", "#999933", "#44AA99", "#882255", "#DDAA33", "#555555",
  ]

  static let css = """
    :root { --ink: #1b1f24; --soft: #59636e; --line: #d6dbe0; --tint: #f5f7f9; --mark: #332288; }
    * { box-sizing: border-box; }
    html { font-size: 16px; }
    body { margin: 0; background: #fff; color: var(--ink); line-height: 1.5;
      font-family: "Source Sans 3", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
      font-variant-numeric: tabular-nums lining-nums; }
    main { max-width: 1120px; margin: 0 auto; padding: 40px 32px 64px; }
    h1 { font-size: 2rem; font-weight: 650; line-height: 1.15; margin: 0 0 .35rem; letter-spacing: -.01em; }
    h2 { font-size: 1.3rem; font-weight: 650; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
    h3 { font-size: 1.02rem; font-weight: 650; margin: 1.4rem 0 .4rem; }
    p { margin: .45rem 0; max-width: 78ch; }
    .lead { color: var(--soft); font-size: 1.05rem; }
    .findings { margin: 1.1rem 0 0; padding: .9rem 1.2rem; background: var(--tint); border-left: 4px solid var(--mark); }
    .findings p { max-width: none; margin: .2rem 0; }
    .note { color: var(--soft); font-size: .9rem; }
    ul { margin: .4rem 0; padding-left: 1.15rem; }
    li { margin: .18rem 0; max-width: 92ch; font-size: .92rem; }
    code, pre { font-family: "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .84em; }
    pre { background: var(--tint); border: 1px solid var(--line); padding: .7rem .9rem; white-space: pre-wrap;
      overflow-wrap: anywhere; margin: .4rem 0; }
    .scroll { overflow-x: auto; margin: .8rem 0; }
    table { border-collapse: collapse; font-size: .88rem; width: 100%; }
    table.summary { font-size: .84rem; }
    table.summary td, table.summary thead th { padding-left: .3rem; padding-right: .3rem; }
    table.summary tbody th { min-width: 11rem; }
    caption { text-align: left; color: var(--soft); padding-bottom: .35rem; font-size: .9rem; }
    thead th { text-align: right; font-weight: 600; border-bottom: 1.5px solid var(--ink); padding: .3rem .55rem;
      vertical-align: bottom; line-height: 1.25; }
    thead th:first-child { text-align: left; }
    tbody th { text-align: left; font-weight: 400; padding: .3rem .55rem .3rem 0; overflow-wrap: anywhere; min-width: 12rem; }
    tbody td { text-align: right; padding: .3rem .55rem; white-space: nowrap; }
    tbody tr { border-bottom: 1px solid var(--line); }
    tbody tr:last-child { border-bottom: 1.5px solid var(--ink); }
    tr.bound th, tr.bound td { color: var(--soft); font-style: italic; }
    td .range { display: block; color: var(--soft); font-size: .78em; line-height: 1.15; }
    td b { font-weight: 700; }
    .swatch { display: inline-block; width: .72em; height: .72em; margin-right: .5em; border-radius: 2px; vertical-align: baseline; }
    .figures { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2rem 1.6rem; margin: .8rem 0; }
    figure { margin: 0; min-width: 0; break-inside: avoid; }
    figure.wide { grid-column: 1 / -1; }
    figcaption { font-size: .9rem; color: var(--soft); margin-top: .3rem; max-width: 88ch; }
    .chart { position: relative; height: 340px; }
    figure.wide .chart { height: 400px; }
    .chart.low { height: 230px; }
    select { font: inherit; font-size: .92rem; padding: .2rem .4rem; max-width: 100%; }
    svg.map { width: 100%; height: auto; display: block; border: 1px solid var(--line); background: #fbfcfd; }
    svg text { font-family: inherit; fill: var(--ink); }
    footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; border-top: 1px solid var(--line); padding-top: .8rem; }
    @media (max-width: 820px) { main { padding: 20px 14px; } .figures { grid-template-columns: 1fr; } }
    @media print {
      @page { size: A4; margin: 15mm; }
      html { font-size: 12.5px; }
      main { max-width: none; padding: 0; }
      h2 { break-after: avoid; }
      .scroll { overflow: visible; }
      table { font-size: .74rem; }
      tbody th { min-width: 9rem; }
      tbody td, thead th { padding: .2rem .3rem; }
      tr, figure, pre { break-inside: avoid; }
      select { border: none; appearance: none; padding: 0; }
      .chart { height: 260px; }
      figure.wide .chart { height: 300px; }
    }
    """
}
