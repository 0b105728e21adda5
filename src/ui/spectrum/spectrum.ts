import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import { GramaryeError } from '../../engine/errors.js';
import { VGG19_LAYERS } from '../../models/vgg19.js';
import { gramsOf, type GramTarget } from '../../tasks/targets.js';
import { GpuNet } from '../../tasks/vgg-net.js';
import { controls } from '../base/controls.js';
import { describeFailure, withoutSteps, type Failure } from '../base/failure.js';
import type { FailureActionEvent } from '../base/failure-view.js';
import '../base/failure-view.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';
import { chartStyles } from '../charts/chart-styles.js';
import { axis, ChartColours, Plot } from '../charts/plot.js';
import { leaseEngine } from '../gpu/engine-pool.js';
import { DEFAULT_NET } from '../nets/default-net.js';
import { loadNet } from '../nets/load-net.js';
import type { PictureFile } from '../pictures/open-picture.js';
import type { PictureSample } from '../pictures/picture-chooser.js';
import '../pictures/picture-well.js';
import type { PictureChangedEvent, PictureFailedEvent } from '../pictures/well-events.js';
import { withCodec } from '../pictures/with-codec.js';

/** A Gram matrix was measured. */
export class MeasuredEvent extends Event {
  readonly gram: GramTarget;
  constructor(gram: GramTarget) {
    super('gram-measured', { bubbles: true, composed: true });
    this.gram = gram;
  }
}

/** A value of a row with the channel it belongs to. */
export interface RankedValue {
  readonly channel: number;
  readonly value: number;
}

/** One row of a Gram matrix, sorted descending. Throws `bad-option` for a row the matrix does not have. */
export function rankedRow({ layer, channels, values }: GramTarget, row: number): RankedValue[] {
  if (!Number.isInteger(row) || row < 0 || row >= channels) {
    throw new GramaryeError('bad-option', `Row ${String(row)} of the Gram matrix of ${layer} does not exist.`, {
      remedy: `It has rows 0 to ${String(channels - 1)}.`,
    });
  }
  return Array.from({ length: channels }, (_, channel) => ({ channel, value: values[row * channels + channel] ?? 0 })).sort((a, b) => b.value - a.value);
}

const TABLE_ROWS = 24;

/**
 * One row of a Gram matrix as bars, sorted descending: how strongly one channel of a layer goes together with each other one.
 *
 * @element gram-spectrum
 * @fires {MeasuredEvent} gram-measured - A Gram matrix was measured.
 * @csspart figure - Chart and table.
 * @csspart title - What the chart says.
 * @csspart form - Picture, layer and row.
 * @cssprop [--gram-chart-height=10rem] - Height of the plot.
 * @cssprop [--gram-well-ratio=1] - Width over height of the frames for pictures.
 */
export class GramSpectrum extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    chartStyles,
    css`
      :host {
        container-type: inline-size;
        background: var(--_surface);
        --gram-chart-height: 18rem;
      }
      .layout {
        display: grid;
        gap: var(--_gap);
      }
      .form {
        display: grid;
        gap: 0.75rem;
        align-content: start;
      }
      .empty {
        display: grid;
        place-items: center;
        color: var(--_muted);
        background: var(--_sunken);
      }
      @container (min-width: 40rem) {
        .layout {
          grid-template-columns: minmax(9rem, 0.22fr) minmax(0, 1fr);
        }
      }
    `,
  ];

  /** Address of the picture. */
  @property({ reflect: true }) src: string | null = null;
  /** Network, as for gram-style-transfer. */
  @property({ reflect: true }) net = DEFAULT_NET;
  /** Layer by its Keras name. */
  @property({ reflect: true }) layer = 'block1_conv1';
  /** Row of the Gram matrix. */
  @property({ type: Number, reflect: true }) row = 0;
  /** Longer side at which the picture is measured, in px. */
  @property({ type: Number, reflect: true }) size = 224;
  /** `idle`, `measuring`, `ready` or `failed`. */
  @property({ reflect: true }) state: 'idle' | 'measuring' | 'ready' | 'failed' = 'idle';
  /** A matrix that was measured elsewhere. */
  @property({ attribute: false }) gram: GramTarget | null = null;
  /** Pictures offered in the chooser. */
  @property({ attribute: false }) samples: readonly PictureSample[] = [];

  @state() private failure: Failure | null = null;
  @state() private file: PictureFile | null = null;
  @query('.plot') private frame!: HTMLElement | null;
  #plot: Plot | undefined;
  #stop: AbortController | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  /** Measures the Gram matrix of the picture at the layer. */
  async measure(): Promise<void> {
    this.#stop?.abort();
    const { signal } = (this.#stop = new AbortController());
    const { file } = this;
    if (file === null) return;
    this.state = 'measuring';
    this.failure = null;
    try {
      const net = await loadNet(this.net, [this.layer], { signal });
      const picture = await withCodec((codec) => codec.decode(file.blob, file.name, { kind: 'longer', pixels: this.size }, signal));
      const lease = await leaseEngine();
      try {
        const giveBack = await lease.turns.take(signal);
        let gpuNet: GpuNet | undefined;
        try {
          gpuNet = await GpuNet.create(lease.engine, net, [this.layer]);
          const [gram] = await gramsOf(lease.engine, gpuNet, picture, [this.layer], { pooling: 'max', signal });
          if (gram === undefined) return;
          this.gram = gram;
          this.state = 'ready';
          this.dispatchEvent(new MeasuredEvent(gram));
        } finally {
          gpuNet?.destroy();
          giveBack();
        }
      } finally {
        lease.release();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.failure = withoutSteps(describeFailure(error));
      this.state = 'failed';
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Moved in the page, it has no plot any more.
    this.requestUpdate();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('gram') || changed.has('row') || this.#plot === undefined) this.#draw();
  }

  /** The row that is shown: the nearest that the matrix has. */
  get #shownRow(): number {
    return Math.min(Math.max(0, Math.trunc(this.row)), (this.gram?.channels ?? Infinity) - 1);
  }

  get #ranked(): RankedValue[] {
    const { gram } = this;
    return gram === null ? [] : rankedRow(gram, this.#shownRow);
  }

  override render(): TemplateResult {
    const { gram } = this;
    const ranked = this.#ranked;
    const median = ranked[Math.floor(ranked.length / 2)]?.value ?? 0;
    const ratio = median === 0 ? '∞' : this.number((ranked[0]?.value ?? 0) / median, 2);
    const title = gram === null ? '' : this.text('spectrumTitle', { row: this.#shownRow, layer: gram.layer, channels: this.number(gram.channels, 21), ratio });
    return html`<div class="layout">
      <div class="form" part="form">
        <gram-picture-well
          .label=${this.text('exampleWell')}
          .src=${this.src}
          .samples=${this.samples}
          .strings=${this.strings}
          @gram-picture-changed=${(event: PictureChangedEvent) => {
            this.file = event.picture;
            this.src = event.picture?.url ?? null;
          }}
          @gram-picture-failed=${(event: PictureFailedEvent) => {
            this.failure = describeFailure(event.error);
          }}
        ></gram-picture-well>
        <div class="field">
          <label class="label" for="layer">${this.text('spectrumLayer')}</label>
          <select
            id="layer"
            @change=${(event: Event) => {
              this.layer = (event.target as HTMLSelectElement).value;
            }}
          >
            ${VGG19_LAYERS.map(({ name }) => html`<option .selected=${name === this.layer}>${name}</option>`)}
          </select>
        </div>
        <div class="field">
          <label class="label" for="row">${this.text('spectrumRow')}</label>
          <input
            id="row"
            type="number"
            min="0"
            max=${(gram?.channels ?? 512) - 1}
            .value=${String(this.row)}
            @change=${(event: Event) => {
              this.row = (event.target as HTMLInputElement).valueAsNumber || 0;
            }}
          />
        </div>
        <button type="button" class="primary" ?disabled=${this.file === null || this.state === 'measuring'} @click=${() => void this.measure()}>
          ${this.text('spectrumCompute')}
        </button>
      </div>
      <figure part="figure">
        ${this.failure === null ? nothing : html`<gram-failure .failure=${this.failure} .strings=${this.strings} @gram-failure-acted=${this.#failureActed}></gram-failure>`}
        <figcaption part="title"><span role="status">${this.state === 'measuring' ? this.text('stageStyles', { done: 1, total: 1 }) : title}</span></figcaption>
        <div class="plot ${gram === null ? 'empty' : ''}" role=${gram === null ? 'presentation' : 'img'} aria-label=${gram === null ? nothing : title}></div>
        <span class="probe-axis" hidden></span><span class="probe-line" hidden></span><span class="s1" hidden></span>
        ${ranked.length === 0 ? nothing : this.#table(ranked)}
      </figure>
    </div>`;
  }

  #failureActed = (event: FailureActionEvent): void => {
    if (event.action !== 'dismiss') void this.measure();
    else {
      this.failure = null;
      this.state = this.gram === null ? 'idle' : 'ready';
    }
  };

  #table(ranked: readonly RankedValue[]): TemplateResult {
    return html`<details>
      <summary>${this.text('asTable')}</summary>
      <div class="table" tabindex="0" role="region" aria-label=${this.text('asTable')}>
        <table>
          <thead>
            <tr>
              <th scope="col">${this.text('spectrumAxis')}</th>
              <th scope="col">${this.text('spectrumChannel')}</th>
              <th scope="col">${this.text('spectrumValue')}</th>
            </tr>
          </thead>
          <tbody>
            ${ranked.slice(0, TABLE_ROWS).map(
              ({ channel, value }, rank) =>
                html`<tr>
                  <th scope="row">${rank + 1}</th>
                  <td>${channel}</td>
                  <td>${this.number(value)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #draw(): void {
    const ranked = this.#ranked;
    const { frame } = this;
    if (frame === null || ranked.length === 0) return;
    const data: uPlot.AlignedData = [ranked.map((_, rank) => rank + 1), ranked.map(({ value }) => value)];
    if (this.#plot !== undefined) {
      this.#plot.chart.setData(data);
      return;
    }
    const colours = new ChartColours(this.renderRoot as ShadowRoot);
    const bars = uPlot.paths.bars?.({ size: [0.8, 60], align: 0 });
    this.#plot = new Plot(
      frame,
      {
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        scales: { x: { time: false, range: (_, low, high) => [low - 0.5, high + 0.5] }, y: { range: (_, low, high) => [Math.min(0, low), high] } },
        axes: [
          axis(colours, { label: this.text('spectrumAxis'), size: 24, grid: { show: false } }),
          axis(colours, { label: this.text('spectrumValue'), size: 60, values: (_, values) => values.map((value) => this.number(value, 2)) }),
        ],
        series: [
          {},
          { fill: () => colours.of('s1'), stroke: () => colours.of('s1'), width: 0, points: { show: false }, ...(bars === undefined ? {} : { paths: bars }) },
        ],
      },
      data,
    );
  }
}

define('gram-spectrum', GramSpectrum);

declare global {
  interface HTMLElementTagNameMap {
    'gram-spectrum': GramSpectrum;
  }
  interface GlobalEventHandlersEventMap {
    'gram-measured': MeasuredEvent;
  }
}
