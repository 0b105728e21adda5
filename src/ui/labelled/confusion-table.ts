import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';

/** A cell of the matrix was opened: its pictures are wanted. */
export class ConfusionOpenedEvent extends Event {
  /** True class. */
  readonly label: number;
  readonly predicted: number;
  constructor(label: number, predicted: number) {
    super('gram-confusion-opened', { bubbles: true, composed: true });
    this.label = label;
    this.predicted = predicted;
  }
}

/** More classes than this make a table that nobody can read; the most frequent confusions are listed instead. */
const TABLE_CLASSES = 24;
const LISTED = 30;
const HEAT_LEVELS = 8;

/** A cell that is not empty. */
export interface ConfusionCount {
  readonly label: number;
  readonly predicted: number;
  readonly count: number;
}

/**
 * Which classes are taken for which: a table whose cells open their pictures, by mouse or with the arrow keys. Used inside the other elements.
 *
 * @fires {ConfusionOpenedEvent} gram-confusion-opened - A cell was opened.
 * @csspart table - The table.
 */
export class GramConfusionTable extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
        min-inline-size: 0;
      }
      .scroll {
        position: relative;
        overflow: auto;
        max-block-size: 40rem;
      }
      table {
        border-collapse: separate;
        border-spacing: 2px;
        font-size: 0.8125em;
      }
      caption {
        text-align: start;
        color: var(--_muted);
        padding-block-end: 0.35rem;
      }
      th {
        font-weight: 400;
        text-align: end;
        white-space: nowrap;
        padding-inline: 0 0.5rem;
        max-inline-size: 9rem;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      tbody th {
        position: sticky;
        inset-inline-start: 0;
        background: var(--_surface);
      }
      thead th {
        writing-mode: vertical-rl;
        rotate: 180deg;
        text-align: start;
        padding: 0 0 0.4rem;
        max-block-size: 8.5rem;
      }
      thead th.corner {
        writing-mode: initial;
        rotate: none;
      }
      td {
        padding: 0;
        inline-size: 2.1rem;
        block-size: 2.1rem;
        text-align: center;
        background: color-mix(in srgb, var(--_raised) 60%, transparent);
        color: var(--_muted);
      }
      td.right {
        outline: 1px solid var(--_control-line);
        outline-offset: -1px;
      }
      td button {
        inline-size: 100%;
        block-size: 2.1rem;
        min-block-size: 0;
        padding: 0;
        border: 0;
        border-radius: 0;
      }
      td button:hover:not(:disabled) {
        box-shadow: inset 0 0 0 2px var(--_text);
        background: transparent;
      }
      td:has(button) {
        color: var(--_text);
      }
      td[data-heat] {
        background: color-mix(in srgb, var(--_heat) var(--_share), var(--_raised));
      }
      td.right {
        --_heat: var(--_series-3);
      }
      td {
        --_heat: var(--_accent);
      }
      [data-heat='1'] {
        --_share: 10%;
      }
      [data-heat='2'] {
        --_share: 16%;
      }
      [data-heat='3'] {
        --_share: 22%;
      }
      [data-heat='4'] {
        --_share: 28%;
      }
      [data-heat='5'] {
        --_share: 33%;
      }
      [data-heat='6'] {
        --_share: 38%;
      }
      [data-heat='7'] {
        --_share: 42%;
      }
      [data-heat='8'] {
        --_share: 46%;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
        gap: 0.1rem 1rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li button {
        inline-size: 100%;
        justify-content: space-between;
        text-align: start;
        text-decoration: none;
      }
      p {
        margin: 0;
      }
    `,
  ];

  /** Names of the classes. */
  @property({ attribute: false }) names: readonly string[] = [];
  /** Cells that are not empty. */
  @property({ attribute: false }) cells: readonly ConfusionCount[] = [];
  @state() private active: readonly [row: number, column: number] = [0, 0];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('cells')) return;
    // The first cell with pictures is the way in by keyboard.
    const [first] = [...this.cells].sort((a, b) => a.label - b.label || a.predicted - b.predicted);
    if (first !== undefined && !this.cells.some(({ label, predicted }) => label === this.active[0] && predicted === this.active[1]))
      this.active = [first.label, first.predicted];
  }

  override render(): TemplateResult {
    if (this.cells.length === 0) return html``;
    return this.names.length <= TABLE_CLASSES ? this.#table() : this.#list();
  }

  #name(index: number): string {
    return this.names[index] ?? this.text('background');
  }

  #table(): TemplateResult {
    const indices = [...this.names.keys()];
    const totals = new Map(indices.map((label) => [label, this.cells.reduce((sum, cell) => (cell.label === label ? sum + cell.count : sum), 0)]));
    const counts = new Map(this.cells.map(({ label, predicted, count }) => [`${String(label)} ${String(predicted)}`, count]));
    return html`<div class="scroll">
      <table role="grid" part="table" @keydown=${this.#key}>
        <caption>
          ${this.text('confusionCaption')}
        </caption>
        <thead>
          <tr>
            <th class="corner" scope="col"><span class="visually-hidden">${this.text('trueClass')}</span></th>
            ${indices.map((index) => html`<th scope="col" title=${this.#name(index)}>${this.#name(index)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${indices.map(
            (label) =>
              html`<tr>
                <th scope="row" title=${this.#name(label)}>${this.#name(label)}</th>
                ${indices.map((predicted) => this.#cell(label, predicted, counts.get(`${String(label)} ${String(predicted)}`) ?? 0, totals.get(label) ?? 1))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #cell(label: number, predicted: number, count: number, total: number): TemplateResult {
    const right = label === predicted ? 'right' : '';
    if (count === 0) return html`<td class=${right} role="gridcell"></td>`;
    const heat = Math.max(1, Math.ceil((count / total) * HEAT_LEVELS));
    const isActive = this.active[0] === label && this.active[1] === predicted;
    return html`<td class=${right} role="gridcell" data-heat=${heat}>
      <button
        type="button"
        tabindex=${isActive ? 0 : -1}
        data-cell="${label} ${predicted}"
        aria-label=${this.text('confusionCell', { count, label: this.#name(label), predicted: this.#name(predicted) })}
        @click=${() => {
          this.#open(label, predicted);
        }}
      >
        ${this.number(count, 21)}
      </button>
    </td>`;
  }

  #list(): TemplateResult {
    const wrong = this.cells
      .filter(({ label, predicted }) => label !== predicted)
      .sort((a, b) => b.count - a.count || a.label - b.label)
      .slice(0, LISTED);
    if (wrong.length === 0) return html`<p>${this.text('confusionNone')}</p>`;
    return html`<p class="hint">${this.text('confusionMost')}</p>
      <ul>
        ${wrong.map(
          ({ label, predicted, count }) =>
            html`<li>
              <button
                type="button"
                class="quiet"
                @click=${() => {
                  this.#open(label, predicted);
                }}
              >
                <span>${this.text('confusionPair', { label: this.#name(label), predicted: this.#name(predicted) })}</span><span>${this.number(count, 21)}</span>
              </button>
            </li>`,
        )}
      </ul>
      ${nothing}`;
  }

  #open(label: number, predicted: number): void {
    this.active = [label, predicted];
    this.dispatchEvent(new ConfusionOpenedEvent(label, predicted));
  }

  /** Arrow keys go to the next cell that has pictures. */
  #key = (event: KeyboardEvent): void => {
    const [row, column] = this.active;
    const isRtl = getComputedStyle(this).direction === 'rtl';
    const step = { ArrowRight: [0, isRtl ? -1 : 1], ArrowLeft: [0, isRtl ? 1 : -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    let wanted: ConfusionCount | undefined;
    if (step !== undefined) {
      const [down = 0, right = 0] = step;
      wanted = nearest(
        this.cells.filter(({ label, predicted }) => (down === 0 ? label === row && (predicted - column) * right > 0 : (label - row) * down > 0)),
        row,
        column,
        down !== 0,
      );
    } else if (event.key === 'Home' || event.key === 'End') {
      const own = this.cells.filter(({ label }) => label === row).sort((a, b) => a.predicted - b.predicted);
      wanted = event.key === 'Home' ? own[0] : own.at(-1);
    } else return;
    event.preventDefault();
    if (wanted === undefined) return;
    this.active = [wanted.label, wanted.predicted];
    const name = `${String(wanted.label)} ${String(wanted.predicted)}`;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLButtonElement>(`[data-cell="${name}"]`)?.focus());
  };
}

function nearest(cells: readonly ConfusionCount[], row: number, column: number, byRow: boolean): ConfusionCount | undefined {
  const distance = ({ label, predicted }: ConfusionCount): number =>
    byRow ? Math.abs(label - row) * 1_000 + Math.abs(predicted - column) : Math.abs(predicted - column);
  return [...cells].sort((a, b) => distance(a) - distance(b))[0];
}

define('gram-confusion-table', GramConfusionTable);

declare global {
  interface HTMLElementTagNameMap {
    'gram-confusion-table': GramConfusionTable;
  }
  interface GlobalEventHandlersEventMap {
    'gram-confusion-opened': ConfusionOpenedEvent;
  }
}
