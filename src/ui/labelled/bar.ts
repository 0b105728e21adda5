import { css, svg, type TemplateResult } from 'lit';

/** A share as a bar. Says nothing to a screen reader: the figure stands beside it. */
export function bar(share: number): TemplateResult {
  const width = Number.isFinite(share) ? Math.min(100, Math.max(0, share * 100)) : 0;
  return svg`<svg class="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="4" /><rect class="fill" width=${width.toFixed(2)} height="4" /></svg>`;
}

/** A share with its interval: a rail from 0 to 1, the interval as a band, the share as a tick. */
export function intervalBar({ share, low, high }: { readonly share: number; readonly low: number; readonly high: number }): TemplateResult {
  const at = (value: number): string => (100 * Math.min(1, Math.max(0, value))).toFixed(2);
  return svg`<svg class="interval-bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
    <rect class="rail" y="5.25" width="100" height="1.5" />
    <rect class="band" x=${at(low)} y="2" width=${at(high - low)} height="8" />
    <rect class="tick" x=${(Number(at(share)) - 0.4).toFixed(2)} y="0" width="0.8" height="12" />
  </svg>`;
}

/** How bars look. */
export const barStyles = css`
  .share-bar,
  .interval-bar {
    display: block;
    inline-size: 100%;
    block-size: 4px;
  }
  .interval-bar {
    block-size: 14px;
  }
  :host(:dir(rtl)) .share-bar,
  :host(:dir(rtl)) .interval-bar {
    scale: -1 1;
  }
  .rail {
    fill: var(--_line);
  }
  .fill {
    fill: var(--_control-line);
  }
  .first .fill,
  .tick {
    fill: var(--_accent);
  }
  .band {
    fill: var(--_accent);
    opacity: 0.3;
  }
  @media (forced-colors: active) {
    .rail {
      fill: GrayText;
    }
    .fill,
    .band,
    .tick {
      fill: CanvasText;
    }
    .first .fill {
      fill: Highlight;
    }
  }
`;
