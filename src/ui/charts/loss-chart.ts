import { html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { property, query } from 'lit/decorators.js';
import type uPlot from 'uplot';
import type { TraceEntry } from '../../tasks/style-transfer.js';
import { controls } from '../base/controls.js';
import { numberFormat } from '../base/format.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import type { StringKey } from '../base/strings.js';
import { tokens } from '../base/tokens.js';
import { chartStyles } from './chart-styles.js';
import { axis, ChartColours, Plot } from './plot.js';

/** A step of the chart was pointed at; null when the pointer left. */
export class ScrubEvent extends Event {
  readonly step: number | null;
  constructor(step: number | null) {
    super('gram-scrubbed');
    this.step = step;
  }
}

/** What the unweighted terms of a trace are multiplied with. */
export interface LossWeights {
  readonly style: number;
  readonly content: number;
  readonly tv: number;
}

interface Series {
  readonly key: 'total' | 'style' | 'content' | 'tv';
  readonly words: StringKey;
  readonly colour: string;
  /** Dashes tell the lines apart without colour. */
  readonly dash: readonly number[];
}

const SERIES: readonly Series[] = [
  { key: 'total', words: 'lossTotal', colour: 's1', dash: [] },
  { key: 'style', words: 'lossStyle', colour: 's2', dash: [7, 4] },
  { key: 'content', words: 'lossContent', colour: 's3', dash: [2, 3] },
  { key: 'tv', words: 'lossTv', colour: 's4', dash: [9, 3, 2, 3] },
];

const TABLE_ROWS = 21;

/**
 * The losses of a run by step, on a logarithmic scale. It can be scrubbed with the pointer and with the arrow keys.
 *
 * @element gram-loss-chart
 * @fires {ScrubEvent} gram-scrubbed - A step was pointed at.
 * @csspart figure - Chart, key and table.
 * @csspart title - What the chart says.
 * @cssprop [--gram-chart-height=10rem] - Height of the plot.
 */
export class GramLossChart extends GramaryeElement {
  static override styles = [tokens, controls, chartStyles];

  /** Losses by step, as a run gives them. */
  @property({ attribute: false }) trace: readonly TraceEntry[] = [];
  /** Weights of the terms, so that the lines add up to the total. */
  @property({ attribute: false }) weights: LossWeights = { style: 1, content: 1, tv: 1 };
  /** Hides the table behind the chart. */
  @property({ type: Boolean, reflect: true, attribute: 'no-table' }) noTable = false;
  /** The step that is pointed at; -1 when none is. */
  @property({ type: Number, reflect: true }) step = -1;

  @query('.plot') private frame!: HTMLElement | null;
  #plot: Plot | undefined;
  #drawing = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    // Moved in the page, it has no plot any more.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('trace') && !changed.has('weights') && this.#plot !== undefined) return;
    // Many changes in one frame are drawn once.
    if (this.#drawing !== 0) return;
    this.#drawing = requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#draw();
    });
  }

  override render(): TemplateResult {
    const [first, last] = [this.trace[0], this.trace.at(-1)];
    const share = first === undefined || last === undefined || first.total === 0 ? undefined : last.total / first.total;
    const percent = share === undefined ? '' : numberFormat(this.locale, { style: 'percent', maximumSignificantDigits: 2 }).format(share);
    const title = share === undefined ? this.text('lossChart') : this.text(share < 1 ? 'lossChartTitle' : 'lossChartRising', { share: percent });
    const pointed = this.trace[this.step];
    const shown = SERIES.filter(({ key }) => key === 'total' || this.trace.some((entry) => entry[key] !== 0));
    return html`<figure part="figure">
      <figcaption part="title">${title}</figcaption>
      <div
        class="plot"
        role="slider"
        tabindex=${this.trace.length === 0 ? -1 : 0}
        aria-label=${this.text('lossChart')}
        aria-valuemin="0"
        aria-valuemax=${Math.max(0, this.trace.length - 1)}
        aria-valuenow=${Math.max(0, this.step)}
        aria-valuetext=${pointed === undefined ? title : `${this.text('iterate', { step: pointed.step })}, ${this.text('loss', { loss: this.number(pointed.total) })}`}
        @keydown=${this.#key}
        @pointerleave=${() => {
          this.#point(-1);
        }}
        @blur=${() => {
          this.#point(-1);
        }}
      ></div>
      <span class="probe-axis" hidden></span><span class="probe-line" hidden></span>
      <ul class="key">
        ${shown.map(
          ({ words, colour, dash, key }) =>
            html`<li>
              <span class=${colour}
                >${svg`<svg viewBox="0 0 26 8" aria-hidden="true"><line x1="0" y1="4" x2="26" y2="4" stroke="currentColor" stroke-dasharray=${dash.join(' ')} /></svg>`}</span
              >${this.text(words)}${pointed === undefined ? nothing : html` ${this.number(this.#valueOf(pointed, key))}`}
            </li>`,
        )}
        ${pointed === undefined ? nothing : html`<li>${this.text('iterate', { step: this.number(pointed.step, 21) })}</li>`}
      </ul>
      ${this.noTable || this.trace.length === 0 ? nothing : this.#table()}
    </figure>`;
  }

  #table(): TemplateResult {
    const stride = Math.max(1, Math.ceil(this.trace.length / TABLE_ROWS));
    const rows = this.trace.filter((_, index) => index % stride === 0 || index === this.trace.length - 1);
    return html`<details>
      <summary>${this.text('asTable')}</summary>
      <div class="table" tabindex="0" role="region" aria-label=${this.text('asTable')}>
        <table>
          <thead>
            <tr>
              <th scope="col">${this.text('stepAxis')}</th>
              ${SERIES.map(({ words }) => html`<th scope="col">${this.text(words)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (entry) =>
                html`<tr>
                  <th scope="row">${this.number(entry.step, 21)}</th>
                  ${SERIES.map(({ key }) => html`<td>${this.number(this.#valueOf(entry, key))}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #valueOf(entry: TraceEntry, key: Series['key']): number {
    return key === 'total' ? entry.total : entry[key] * this.weights[key];
  }

  #data(): uPlot.AlignedData {
    // The plot is linear in the logarithm; zero has none, so it is a gap.
    return [this.trace.map(({ step }) => step), ...SERIES.map(({ key }) => this.trace.map((entry) => logarithm(this.#valueOf(entry, key))))];
  }

  #draw(): void {
    const { frame } = this;
    if (frame === null || !this.isConnected) return;
    if (this.#plot === undefined) {
      if (this.trace.length < 2) return;
      this.#plot = new Plot(frame, this.#options(), this.#data());
    } else this.#plot.chart.setData(this.#data());
  }

  #options(): Omit<uPlot.Options, 'width' | 'height'> {
    const colours = new ChartColours(this.renderRoot as ShadowRoot);
    return {
      legend: { show: false },
      padding: [8, 8, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: false }, y: { range: (_, low, high) => lossRange(low, high) } },
      axes: [
        axis(colours, { label: this.text('stepAxis'), size: 24 }),
        axis(colours, {
          label: this.text('lossAxis'),
          size: 56,
          splits: (_, __, low, high) => lossSplits(low, high),
          values: (_, values) => values.map((value) => this.number(10 ** value, 2)),
        }),
      ],
      series: [
        {},
        ...SERIES.map(({ colour, dash, key }) => ({
          stroke: () => colours.of(colour),
          width: key === 'total' ? 2 : 1.5,
          dash: [...dash],
          points: { show: false },
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor }) => {
            if (cursor.idx !== null && cursor.idx !== undefined && (cursor.left ?? -1) >= 0) this.#point(cursor.idx);
          },
        ],
      },
    };
  }

  #point(index: number): void {
    if (index === this.step) return;
    this.step = index;
    this.dispatchEvent(new ScrubEvent(this.trace[index]?.step ?? null));
  }

  #key = (event: KeyboardEvent): void => {
    const last = this.trace.length - 1;
    const moves: Record<string, number> = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      PageUp: 10,
      PageDown: -10,
      Home: -Infinity,
      End: Infinity,
    };
    const move = moves[event.key];
    if (move === undefined || last < 0) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, (this.step < 0 ? last : this.step) + move));
    const entry = this.trace[index];
    const chart = this.#plot?.chart;
    if (entry !== undefined && chart !== undefined) chart.setCursor({ left: chart.valToPos(entry.step, 'x'), top: 1 }, false);
    this.#point(index);
  };
}

/** How far below the largest loss the chart reaches. */
const DECADES = 4;

function logarithm(value: number): number | null {
  return Number.isFinite(value) && value > 0 ? Math.log10(value) : null;
}

/** Range of logarithms without the far tail of terms that hardly count. */
function lossRange(low: number | null, high: number | null): [number, number] {
  const top = high ?? 0;
  const bottom = Math.max(low ?? top - 1, top - DECADES);
  const margin = Math.max(0.04, (top - bottom) * 0.05);
  return [bottom - margin, top + margin];
}

/** Logarithms of 1, 10, 100 …, with 2 and 5 between where there is room. */
function lossSplits(low: number, high: number): number[] {
  const digits = high - low > 2.5 ? [1] : [1, 2, 5];
  const splits: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const digit of digits) {
      const split = power + Math.log10(digit);
      if (split >= low && split <= high) splits.push(split);
    }
  }
  return splits;
}

define('gram-loss-chart', GramLossChart);

declare global {
  interface HTMLElementTagNameMap {
    'gram-loss-chart': GramLossChart;
  }
  interface GlobalEventHandlersEventMap {
    'gram-scrubbed': ScrubEvent;
  }
}
