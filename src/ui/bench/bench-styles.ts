import { css } from 'lit';

/** The layout of gram-bench, and the colours of its plots. */
export const benchStyles = css`
  :host {
    display: block;
    container: gram-bench / inline-size;
    background: var(--_surface);
    min-inline-size: 0;
  }
  .work {
    display: grid;
    gap: 1.5rem;
  }
  @container gram-bench (inline-size > 52rem) {
    .work {
      grid-template-columns: minmax(16rem, 20rem) minmax(0, 1fr);
      align-items: start;
    }
  }
  :host([dragging]) .work {
    outline: 2px solid var(--_accent);
    outline-offset: 3px;
  }
  .settings {
    display: grid;
    gap: 0.9rem;
    min-inline-size: 0;
  }
  .variants {
    display: grid;
    gap: 0;
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
  }
  .variants legend {
    padding: 0;
  }
  .variants .check {
    overflow-wrap: anywhere;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.9rem;
  }
  .bar .primary {
    min-inline-size: 8.5rem;
  }
  .status {
    flex: 1;
    min-inline-size: 12rem;
    min-block-size: 2.75em;
    overflow-wrap: anywhere;
  }
  .status p {
    margin: 0;
  }
  .results {
    display: grid;
    /* Wide tables scroll in themselves: they do not widen the page. */
    grid-template-columns: minmax(0, 1fr);
    gap: 1.75rem;
    min-inline-size: 0;
  }
  .invitation {
    display: grid;
    align-content: center;
    justify-items: center;
    gap: 0.5rem;
    min-block-size: 16rem;
    padding: 1.5rem 1rem;
    text-align: center;
    border: 1px dashed var(--_control-line);
    background: var(--_raised);
  }
  .invitation p {
    margin: 0;
    max-inline-size: 34rem;
    text-wrap: balance;
  }
  .invitation .headline,
  h2 {
    font: 400 1.5rem/1.25 var(--_font-display);
  }
  h2 {
    margin: 0;
    font-size: 1.25rem;
    overflow-wrap: anywhere;
  }
  .about {
    margin: 0;
    padding: 0;
    list-style: none;
    color: var(--_muted);
    font-size: 0.875em;
    overflow-wrap: anywhere;
  }
  .software {
    padding: 0.6rem 0.9rem;
    border-inline-start: 3px solid var(--_accent);
    background: var(--_raised);
    color: var(--_text);
  }
  .group {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.5rem;
    min-inline-size: 0;
  }
  .winner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1rem;
  }
  .winner p {
    margin: 0;
  }
  .scroll {
    overflow-x: auto;
  }
  .plot svg {
    inline-size: 100%;
    min-inline-size: 38rem;
    max-inline-size: 56rem;
    block-size: auto;
  }
  table {
    border-collapse: collapse;
    font-size: 0.8125rem;
    inline-size: 100%;
  }
  th,
  td {
    padding: 0.25rem 0.6rem;
    border-block-end: 1px solid var(--_line);
    text-align: end;
    vertical-align: top;
    white-space: nowrap;
  }
  th {
    font-weight: 600;
  }
  .text {
    text-align: start;
  }
  .last {
    white-space: normal;
    min-inline-size: 12rem;
  }
  tr.best {
    font-weight: 700;
  }
  tr.slower td:last-child {
    color: var(--_accent);
    font-weight: 600;
  }
  .files {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.25rem 0.5rem;
  }
  .settings .files {
    flex-direction: column;
    align-items: start;
    gap: 0;
    margin-inline-start: -0.5rem;
  }
  svg text {
    font: 12px var(--_font);
    fill: var(--_text);
  }
  svg text.best {
    font-weight: 700;
  }
  svg text.inside {
    fill: var(--_surface);
  }
  .grid {
    stroke: var(--_line);
  }
  .whisker {
    stroke: var(--_text);
    stroke-width: 1.5;
  }
  .roof {
    stroke: var(--_text);
    stroke-width: 2;
  }
  .fill-a {
    fill: var(--_control-line);
  }
  .fill-best {
    fill: var(--_accent);
  }
  .fill-peer,
  .fill-b {
    fill: var(--_series-2);
  }
  .fill-c {
    fill: var(--_series-3);
  }
  .fill-d {
    fill: var(--_series-4);
  }
  .fill-e {
    fill: var(--_series-1);
  }
  .fill-f {
    fill: var(--_muted);
  }
  .line-a,
  .line-b,
  .line-c,
  .line-d,
  .line-e,
  .line-f {
    fill: none;
    stroke: var(--_control-line);
    stroke-width: 2;
  }
  .line-b {
    stroke: var(--_series-2);
  }
  .line-c {
    stroke: var(--_series-3);
  }
  .line-d {
    stroke: var(--_series-4);
  }
  .line-e {
    stroke: var(--_series-1);
  }
  @media (forced-colors: active) {
    .fill-best {
      fill: Highlight;
    }
  }
`;
