import { css } from 'lit';

/** What uPlot needs of its style sheet, and the frame of a chart. Its own sheet would have to be loaded by every page. */
export const chartStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
  }
  figure {
    margin: 0;
    min-inline-size: 0;
  }
  figcaption {
    margin-block-end: 0.35rem;
  }
  .plot {
    block-size: var(--gram-chart-height, 10rem);
    overflow: hidden;
    direction: ltr;
  }
  .uplot,
  .u-wrap {
    position: relative;
    user-select: none;
  }
  .uplot canvas {
    display: block;
    position: relative;
    inline-size: 100%;
    block-size: 100%;
  }
  .u-over,
  .u-under,
  .u-axis,
  .u-select {
    position: absolute;
  }
  .u-legend {
    display: none;
  }
  .u-cursor-x,
  .u-cursor-y,
  .u-cursor-pt {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    pointer-events: none;
    will-change: transform;
  }
  .u-cursor-x {
    block-size: 100%;
    border-inline-end: 1px solid var(--_accent);
  }
  .u-cursor-y {
    display: none;
  }
  .u-cursor-pt {
    border-radius: 50%;
    border: 0 solid;
  }
  .u-off {
    display: none;
  }
  .key {
    display: flex;
    flex-wrap: wrap;
    gap: 0.15rem 1rem;
    margin: 0.25rem 0 0;
    padding: 0;
    list-style: none;
    font-size: 0.8125em;
    color: var(--_muted);
  }
  .key li {
    display: flex;
    align-items: center;
    gap: 0.4rem;
  }
  .key svg {
    inline-size: 1.6rem;
    block-size: 0.6rem;
    fill: none;
    stroke-width: 2;
  }
  .s1 {
    color: var(--_series-1);
  }
  .s2 {
    color: var(--_series-2);
  }
  .s3 {
    color: var(--_series-3);
  }
  .s4 {
    color: var(--_series-4);
  }
  .probe-axis {
    color: var(--_muted);
  }
  .probe-line {
    color: var(--_line);
  }
  .table {
    max-block-size: 14rem;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
    inline-size: 100%;
    font-size: 0.8125em;
  }
  th,
  td {
    padding: 0.2rem 0.6rem;
    text-align: end;
    border-block-end: 1px solid var(--_line);
  }
  th {
    font-weight: 600;
    position: sticky;
    inset-block-start: 0;
    background: var(--_surface);
  }
`;
