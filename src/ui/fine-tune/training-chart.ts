import { css, html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type uPlot from 'uplot';
import type { EpochFigures } from '../../tasks/fine-tuning/checkpoint.js';
import { controls } from '../base/controls.js';
import { numberFormat } from '../base/format.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import type { StringKey } from '../base/strings.js';
import { tokens } from '../base/tokens.js';
import { chartStyles } from '../charts/chart-styles.js';
import { axis, ChartColours, Plot } from '../charts/plot.js';

/** One of the two plots. */
interface Panel {
  readonly id: 'loss' | 'accuracy';
  readonly training: 'loss' | 'accuracy';
  readonly validation: 'validationLoss' | 'validationAccuracy';
  readonly axis: StringKey;
}

const PANELS: readonly Panel[] = [
  { id: 'loss', training: 'loss', validation: 'validationLoss', axis: 'loss2' },
  { id: 'accuracy', training: 'accuracy', validation: 'validationAccuracy', axis: 'accuracy' },
];
const DASH = [6, 4];

/**
 * Loss and accuracy by epoch, of the pictures trained on and of those held back.
 *
 * @element gram-training-chart
 * @csspart title - What the chart says.
 * @cssprop [--gram-chart-height=10rem] - Height of each plot.
 */
export class GramTrainingChart extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    chartStyles,
    css`
      :host {
        container-type: inline-size;
        --gram-chart-height: 13rem;
      }
      .panels {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1rem 1.5rem;
      }
      .panels p {
        margin: 0 0 0.25rem;
        color: var(--_muted);
        font-size: 0.875em;
      }
      .plot.empty {
        background: var(--_sunken);
      }
      figcaption {
        font-weight: 600;
        min-block-size: 1.5em;
      }
      @container (min-width: 34rem) {
        .panels {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
      }
    `,
  ];

  /** Figures of the epochs, as a run gives them. */
  @property({ attribute: false }) history: readonly EpochFigures[] = [];
  /** Epochs in all: the width of the chart. */
  @property({ type: Number }) epochs = 0;

  readonly #plots = new Map<Panel['id'], Plot>();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#clear();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('epochs') && this.#plots.size > 0) this.#clear();
    if (this.history.length === 0) this.#clear();
    for (const panel of PANELS) this.#draw(panel);
  }

  override render(): TemplateResult {
    const title = this.#title();
    const isEmpty = this.history.length === 0;
    return html`<figure>
      <figcaption part="title">${title}</figcaption>
      <div class="panels">
        ${PANELS.map(
          ({ id, axis: words }) =>
            html`<div>
              <p>${this.text(words)}</p>
              <div class="plot ${isEmpty ? 'empty' : ''}" id=${id} role=${isEmpty ? 'presentation' : 'img'} aria-label=${isEmpty ? nothing : title}></div>
            </div>`,
        )}
      </div>
      <span class="probe-axis" hidden></span><span class="probe-line" hidden></span>
      <ul class="key">
        ${this.#key('s1', 'trainedOn', [])}
        ${this.history.some(({ validationLoss }) => validationLoss !== undefined) ? this.#key('s2', 'heldBack', DASH) : nothing}
      </ul>
      ${isEmpty ? nothing : this.#table()}
    </figure>`;
  }

  #percent(share: number | undefined): string {
    return share === undefined ? '–' : numberFormat(this.locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share);
  }

  #title(): string {
    const last = this.history.at(-1);
    if (last === undefined) return this.text('curves');
    const { epoch, accuracy, validationAccuracy } = last;
    return validationAccuracy === undefined
      ? this.text('curvesTraining', { epoch, percent: this.#percent(accuracy) })
      : this.text('curvesValidation', { epoch, percent: this.#percent(validationAccuracy) });
  }

  #key(colour: string, words: StringKey, dash: readonly number[]): TemplateResult {
    return html`<li>
      <span class=${colour}
        >${svg`<svg viewBox="0 0 26 8" aria-hidden="true"><line x1="0" y1="4" x2="26" y2="4" stroke="currentColor" stroke-dasharray=${dash.join(' ')} /></svg>`}</span
      >${this.text(words)}
    </li>`;
  }

  #table(): TemplateResult {
    const columns: readonly StringKey[] = ['epoch', 'loss2', 'validationLoss', 'accuracy', 'validationAccuracy', 'rate'];
    return html`<details>
      <summary>${this.text('asTable')}</summary>
      <div class="table" tabindex="0" role="region" aria-label=${this.text('asTable')}>
        <table>
          <thead>
            <tr>
              ${columns.map((words) => html`<th scope="col">${this.text(words)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${this.history.map(
              (entry) =>
                html`<tr>
                  <th scope="row">${entry.epoch}</th>
                  <td>${this.number(entry.loss)}</td>
                  <td>${this.number(entry.validationLoss ?? NaN)}</td>
                  <td>${this.#percent(entry.accuracy)}</td>
                  <td>${this.#percent(entry.validationAccuracy)}</td>
                  <td>${this.number(entry.learningRate)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #clear(): void {
    for (const plot of this.#plots.values()) plot.destroy();
    this.#plots.clear();
  }

  #draw(panel: Panel): void {
    const frame = this.renderRoot.querySelector<HTMLElement>(`#${panel.id}`);
    if (frame === null || this.history.length === 0 || !this.isConnected) return;
    const data: uPlot.AlignedData = [
      this.history.map(({ epoch }) => epoch),
      this.history.map((entry) => entry[panel.training]),
      this.history.map((entry) => entry[panel.validation] ?? null),
    ];
    const known = this.#plots.get(panel.id);
    if (known !== undefined) {
      known.chart.setData(data);
      return;
    }
    const colours = new ChartColours(this.renderRoot as ShadowRoot);
    const last = Math.max(2, this.epochs);
    const isShare = panel.id === 'accuracy';
    this.#plots.set(
      panel.id,
      new Plot(
        frame,
        {
          legend: { show: false },
          padding: [8, 8, 0, 0],
          cursor: { drag: { x: false, y: false }, points: { size: 7 } },
          scales: {
            x: { time: false, range: () => [1, last] },
            y: { range: (_, __, high) => (isShare ? [0, 1] : [0, Math.max(high, 1e-3) * 1.05]) },
          },
          axes: [
            axis(colours, { label: this.text('epoch'), size: 24, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }),
            axis(colours, {
              size: 44,
              values: (_, values) => values.map((value) => (isShare ? this.#percent(value).replace(/[.,]0/, '') : this.number(value, 2))),
            }),
          ],
          series: [
            {},
            { stroke: () => colours.of('s1'), width: 2, points: { show: this.history.length < 2, size: 6 } },
            { stroke: () => colours.of('s2'), width: 2, dash: DASH, points: { show: this.history.length < 2, size: 6 } },
          ],
        },
        data,
      ),
    );
  }
}

define('gram-training-chart', GramTrainingChart);

declare global {
  interface HTMLElementTagNameMap {
    'gram-training-chart': GramTrainingChart;
  }
}
