import { css } from 'lit';

/**
 * Design tokens. A page sets the public `--gram-*` properties; inside the elements only the private `--_*` ones are used, so
 * that a missing public one falls back to paper, ink and vermilion. `light-dark()` follows the page's `color-scheme`, or the
 * `theme` attribute, which sets it.
 */
export const tokens = css`
  :host {
    --_surface: var(--gram-surface, light-dark(#f6f1e7, #141210));
    --_raised: var(--gram-surface-raised, light-dark(#fdfaf3, #1e1b18));
    --_sunken: var(--gram-surface-sunken, light-dark(#ebe4d5, #0c0b09));
    --_text: var(--gram-text, light-dark(#1f1b16, #efe8da));
    --_muted: var(--gram-text-muted, light-dark(#61584b, #aca293));
    --_line: var(--gram-line, light-dark(#d8cdb9, #38322b));
    --_control-line: var(--gram-control-line, light-dark(#857b6b, #7d7365));
    --_accent: var(--gram-accent, light-dark(#b8321a, #ff7050));
    --_accent-strong: var(--gram-accent-strong, light-dark(#962611, #ff8c70));
    --_on-accent: var(--gram-on-accent, light-dark(#fffaf2, #210b05));
    --_series-1: var(--gram-series-1, light-dark(#b8321a, #ff7050));
    --_series-2: var(--gram-series-2, light-dark(#0f5fa8, #6db3f2));
    --_series-3: var(--gram-series-3, light-dark(#00705a, #4cc9a4));
    --_series-4: var(--gram-series-4, light-dark(#8a6500, #e2b84c));
    --_font: var(--gram-font, system-ui, sans-serif);
    --_font-display: var(--gram-font-display, Georgia, 'Times New Roman', serif);
    --_font-code: var(--gram-font-code, ui-monospace, 'SF Mono', Menlo, Consolas, monospace);
    --_radius: var(--gram-radius, 3px);
    --_gap: var(--gram-gap, 1rem);
    --_quick: 120ms ease-out;

    box-sizing: border-box;
    color: var(--_text);
    font-family: var(--_font);
    font-size: var(--gram-font-size, 0.9375rem);
    line-height: 1.45;
    font-variant-numeric: tabular-nums;
    text-align: start;
  }
  :host([hidden]) {
    display: none !important;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  .visually-hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (forced-colors: active) {
    :host {
      --_surface: Canvas;
      --_raised: Canvas;
      --_sunken: Canvas;
      --_text: CanvasText;
      --_muted: CanvasText;
      --_line: CanvasText;
      --_control-line: ButtonText;
      --_accent: Highlight;
      --_accent-strong: Highlight;
      --_on-accent: HighlightText;
      --_series-1: CanvasText;
      --_series-2: CanvasText;
      --_series-3: CanvasText;
      --_series-4: CanvasText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    :host {
      --_quick: 0ms;
    }
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
      scroll-behavior: auto !important;
    }
  }
`;
