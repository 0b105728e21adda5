import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { X } from 'lucide';
import type { Dataset } from '../../tasks/datasets/dataset.js';
import { perClass, type Judgement } from '../../tasks/mobilenet/metrics.js';
import { controls } from '../base/controls.js';
import { numberFormat } from '../base/format.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import { bar, barStyles } from '../labelled/bar.js';
import '../labelled/confusion-table.js';
import type { ConfusionCount, ConfusionOpenedEvent } from '../labelled/confusion-table.js';
import { labelledStyles } from '../labelled/labelled-styles.js';
import { pictureSource } from '../labelled/thumbnails.js';

const CARDS = 24;

/**
 * How a trained net sees the pictures held back: confusions whose cells open their pictures, accuracy by class, picture by picture. Used inside
 * gram-fine-tune.
 *
 * @csspart cards - The pictures.
 */
export class GramJudgement extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    barStyles,
    labelledStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.5rem;
      }
      h2 {
        margin: 0 0 0.5rem;
        font-size: 1rem;
        font-weight: 600;
      }
      .both {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.5rem 2.5rem;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0.25rem 1rem;
        margin-block-end: 0.5rem;
      }
      header h2 {
        margin: 0;
      }
      table {
        border-collapse: collapse;
        inline-size: 100%;
        font-size: 0.9375em;
      }
      .scroll {
        position: relative;
        max-block-size: 30rem;
        overflow: auto;
      }
      th,
      td {
        padding: 0.3rem 0.75rem 0.3rem 0;
        text-align: start;
        font-weight: 400;
        border-block-end: 1px solid var(--_line);
      }
      td.wide {
        inline-size: 45%;
      }
      .count {
        text-align: end;
      }
      .cards {
        grid-template-columns: repeat(auto-fill, minmax(min(7.5rem, 44%), 1fr));
      }
      .card p {
        margin: 0;
        font-size: 0.875em;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      .wrong {
        color: var(--_accent);
      }
      @container gram-labelled (min-width: 44rem) {
        .both {
          grid-template-columns: minmax(0, 1.3fr) minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) judgements: readonly Judgement[] = [];
  @property({ attribute: false }) from: Dataset | null = null;
  @state() private cell: readonly [label: number, predicted: number] | null = null;
  @state() private onlyWrong = false;
  @state() private shown = CARDS;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('judgements')) {
      this.cell = null;
      this.shown = CARDS;
    }
  }

  override render(): TemplateResult {
    const { judgements, from: dataset } = this;
    if (dataset === null || judgements.length === 0) return html``;
    const { classes } = dataset;
    const counts = new Map<string, ConfusionCount>();
    for (const { label, predicted } of judgements) {
      const key = `${String(label)} ${String(predicted)}`;
      counts.set(key, { label, predicted, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return html`<div class="both">
        <section aria-labelledby="confusion">
          <h2 id="confusion">${this.text('confusionTitle')}</h2>
          <gram-confusion-table
            .names=${classes}
            .cells=${[...counts.values()]}
            .strings=${this.strings}
            @gram-confusion-opened=${this.#open}
          ></gram-confusion-table>
        </section>
        <div>
          <h2 id="by-class">${this.text('byClassTitle')}</h2>
          <div class="scroll" tabindex="0" role="region" aria-labelledby="by-class">
            <table>
              <thead>
                <tr>
                  <th scope="col">${this.text('className')}</th>
                  <th scope="col" class="count">${this.text('rightOf')}</th>
                  <th scope="col"><span class="visually-hidden">${this.text('asBar')}</span></th>
                  <th scope="col" class="count">${this.text('accuracy')}</th>
                </tr>
              </thead>
              <tbody>
                ${perClass(judgements, classes)
                  .filter(({ count }) => count > 0)
                  .map(
                    ({ name, count, hits, accuracy }) =>
                      html`<tr>
                        <th scope="row">${name}</th>
                        <td class="count">${this.text('hits', { hits: this.number(hits, 21), count: this.number(count, 21) })}</td>
                        <td class="wide">${bar(accuracy)}</td>
                        <td class="count">${this.#percent(accuracy, 0)}</td>
                      </tr>`,
                  )}
              </tbody>
            </table>
          </div>
        </div>
      </div>
      ${this.#pictures(dataset)}`;
  }

  #percent(share: number, digits = 1): string {
    return numberFormat(this.locale, { style: 'percent', maximumFractionDigits: digits }).format(share);
  }

  #pictures({ classes, examples }: Dataset): TemplateResult {
    const { cell, onlyWrong } = this;
    const chosen = this.judgements.filter(({ label, predicted }) =>
      cell === null ? !onlyWrong || label !== predicted : label === cell[0] && predicted === cell[1],
    );
    const name = (index: number): string => classes[index] ?? '';
    const title =
      cell === null
        ? this.text('predictionsTitle')
        : this.text(cell[0] === cell[1] ? 'confusionRight' : 'confusionPair', { label: name(cell[0]), predicted: name(cell[1]) });
    return html`<section class="pictures" aria-labelledby="pictures" tabindex="-1">
      <header>
        <h2 id="pictures">${title}</h2>
        ${
          cell === null
            ? html`<label class="check"
                ><input
                  type="checkbox"
                  .checked=${onlyWrong}
                  @change=${(event: Event) => {
                    this.onlyWrong = (event.target as HTMLInputElement).checked;
                  }}
                />${this.text('onlyWrong')}</label
              >`
            : html`<button
                type="button"
                class="icon"
                aria-label=${this.text('close')}
                @click=${() => {
                  this.cell = null;
                }}
              >
                ${icon(X)}
              </button>`
        }
      </header>
      <ul class="cards" part="cards">
        ${chosen.slice(0, this.shown).map(({ index, label, predicted, confidence }) => {
          const example = examples[index];
          return example === undefined
            ? nothing
            : html`<li class="card">
                <div class="mat"><img alt=${example.id} ${pictureSource(example.file)} /></div>
                <p class=${label === predicted ? '' : 'wrong'}>${this.text('seenAs', { predicted: name(predicted), percent: this.#percent(confidence, 0) })}</p>
                ${label === predicted ? nothing : html`<p>${this.text('really', { label: name(label) })}</p>`}
              </li>`;
        })}
      </ul>
      ${
        chosen.length <= this.shown
          ? nothing
          : html`<button
              type="button"
              class="quiet"
              @click=${() => {
                this.shown += CARDS;
              }}
            >
              ${this.text('showMore', { count: this.number(Math.min(CARDS, chosen.length - this.shown), 21) })}
            </button>`
      }
    </section>`;
  }

  #open = (event: ConfusionOpenedEvent): void => {
    this.cell = [event.label, event.predicted];
    this.shown = CARDS;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.pictures')?.focus({ preventScroll: false }));
  };
}

define('gram-judgement', GramJudgement);

declare global {
  interface HTMLElementTagNameMap {
    'gram-judgement': GramJudgement;
  }
}
