import { css, html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { ClassResult, Evaluation } from '../../tasks/classification/evaluate.js';
import type { Proportion } from '../../tasks/mobilenet/metrics.js';
import { controls } from '../base/controls.js';
import { numberFormat } from '../base/format.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import type { StringKey } from '../base/strings.js';
import { tokens } from '../base/tokens.js';
import { bar, barStyles, intervalBar } from '../labelled/bar.js';
import '../labelled/confusion-table.js';

/** Rows of the table of classes that are shown at once. */
const ROWS = 50;

type Order = 'number' | 'worst' | 'best';

/**
 * The judgement of a folder: both accuracies with their intervals, every class, the confusions. Used inside gram-classifier.
 *
 * @csspart figures - The accuracies.
 * @csspart classes - The table of classes.
 */
export class GramEvaluationReport extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    barStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.5rem;
        min-inline-size: 0;
      }
      .figures {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr));
        gap: 1rem 2rem;
        margin: 0;
      }
      .figure {
        display: grid;
        gap: 0.2rem;
        align-content: start;
      }
      dt {
        color: var(--_muted);
      }
      dd {
        margin: 0;
      }
      .large {
        font: 400 3rem/1.05 var(--_font-display);
        font-variant-numeric: lining-nums tabular-nums;
      }
      h2 {
        margin: 0 0 0.5rem;
        font-size: 1rem;
        font-weight: 600;
      }
      .notices {
        margin: 0;
        padding: 0.6rem 0.9rem;
        border-inline-start: 3px solid var(--_control-line);
        background: var(--_raised);
        list-style: none;
      }
      .scroll {
        position: relative;
        overflow: auto;
        max-block-size: 28rem;
      }
      table {
        border-collapse: collapse;
        inline-size: 100%;
        font-size: 0.9375em;
      }
      th,
      td {
        padding: 0.3rem 0.75rem 0.3rem 0;
        text-align: start;
        border-block-end: 1px solid var(--_line);
        font-weight: 400;
      }
      thead th {
        position: sticky;
        inset-block-start: 0;
        background: var(--_surface);
        color: var(--_muted);
      }
      .count {
        text-align: end;
      }
      td.wide {
        min-inline-size: 6rem;
        inline-size: 32%;
      }
      .classes > header {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        justify-content: space-between;
        gap: 0.5rem 1rem;
        margin-block-end: 0.5rem;
      }
      .classes > header h2 {
        margin: 0;
      }
      select {
        inline-size: auto;
      }
    `,
  ];

  @property({ attribute: false }) evaluation: Evaluation | null = null;
  /** Names by a folder's number. */
  @property({ attribute: false }) names: readonly string[] = [];
  @state() private order: Order = 'number';
  @state() private shown = ROWS;

  override render(): TemplateResult {
    const { evaluation } = this;
    if (evaluation === null) return html``;
    const { perClass, confusion, notices, top1, top5, picturesPerSecond, count } = evaluation;
    return html`<dl class="figures" part="figures">
        ${this.#figure('top1', top1)} ${this.#figure('top5', top5)}
        <div class="figure">
          <dt>${this.text('evaluated')}</dt>
          <dd class="large">${this.number(count, 21)}</dd>
          <dd>${this.text('perSecond', { rate: this.number(picturesPerSecond) })}</dd>
        </div>
      </dl>
      ${
        notices.length === 0
          ? nothing
          : html`<ul class="notices">
              ${notices.map((notice) => html`<li>${notice}</li>`)}
            </ul>`
      }
      <section aria-labelledby="confusion">
        <h2 id="confusion">${this.text('confusionTitle')}</h2>
        <gram-confusion-table
          .names=${this.names}
          .strings=${this.strings}
          .cells=${confusion.map(({ classNumber, predicted, count: times }) => ({ label: classNumber, predicted, count: times }))}
        ></gram-confusion-table>
        <slot></slot>
      </section>
      ${this.#classes(perClass)}`;
  }

  #percent(share: number, digits = 1): string {
    return numberFormat(this.locale, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
  }

  #figure(words: StringKey, proportion: Proportion): TemplateResult {
    const { share, low, high, hits, count } = proportion;
    return html`<div class="figure">
      <dt>${this.text(words)}</dt>
      <dd class="large">${this.#percent(share)}</dd>
      <dd>${intervalBar(proportion)}</dd>
      <dd>${this.text('interval', { low: this.#percent(low), high: this.#percent(high) })}</dd>
      <dd class="hint">${this.text('hits', { hits: this.number(hits, 21), count: this.number(count, 21) })}</dd>
    </div>`;
  }

  #classes(perClass: readonly ClassResult[]): TemplateResult {
    const share = ({ top1, count }: ClassResult): number => top1 / count;
    const sorted = [...perClass].sort(
      (a, b) => (this.order === 'number' ? 0 : this.order === 'worst' ? share(a) - share(b) : share(b) - share(a)) || a.classNumber - b.classNumber,
    );
    return html`<div class="classes">
      <header>
        <h2 id="by-class">${this.text('byClass')}</h2>
        <label
          >${this.text('order')}
          <select
            @change=${(event: Event) => {
              this.order = (event.target as HTMLSelectElement).value as Order;
            }}
          >
            <option value="number">${this.text('orderNumber')}</option>
            <option value="worst">${this.text('orderWorst')}</option>
            <option value="best">${this.text('orderBest')}</option>
          </select></label
        >
      </header>
      <div class="scroll" tabindex="0" role="region" aria-label=${this.text('byClass')}>
        <table part="classes">
          <thead>
            <tr>
              <th scope="col" class="count">${this.text('number')}</th>
              <th scope="col">${this.text('className')}</th>
              <th scope="col" class="count">${this.text('pictures')}</th>
              <th scope="col" class="count">${this.text('top1')}</th>
              <th scope="col"><span class="visually-hidden">${this.text('asBar')}</span></th>
              <th scope="col" class="count">${this.text('top5')}</th>
            </tr>
          </thead>
          <tbody>
            ${sorted.slice(0, this.shown).map(
              (row) =>
                html`<tr>
                  <td class="count">${row.classNumber}</td>
                  <th scope="row">${row.name}</th>
                  <td class="count">${this.number(row.count, 21)}</td>
                  <td class="count">${this.#percent(share(row), 0)}</td>
                  <td class="wide">${bar(share(row))}</td>
                  <td class="count">${this.#percent(row.top5 / row.count, 0)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${
        sorted.length <= this.shown
          ? nothing
          : html`<button
              type="button"
              class="quiet"
              @click=${() => {
                this.shown += ROWS * 5;
              }}
            >
              ${this.text('showMore', { count: this.number(Math.min(ROWS * 5, sorted.length - this.shown), 21) })}
            </button>`
      }
    </div>`;
  }
}

define('gram-evaluation-report', GramEvaluationReport);

declare global {
  interface HTMLElementTagNameMap {
    'gram-evaluation-report': GramEvaluationReport;
  }
}
