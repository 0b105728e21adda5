import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { GitBranch, Undo2 } from 'lucide';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import type { Iterate } from '../run/iterates.js';
import { thumbnailOf } from './image-data.js';

/** Longer side of a thumbnail, twice its size on the page for sharp screens. */
const THUMBNAIL_PX = 128;

/** A kept state was looked at, or is to be gone on from. */
export class IterateEvent extends Event {
  readonly iterate: Iterate | null;
  constructor(type: 'gram-iterate-selected' | 'gram-iterate-returned' | 'gram-iterate-branched', iterate: Iterate | null) {
    super(type);
    this.iterate = iterate;
  }
}

/**
 * Earlier states of a run as a row of small pictures, to look at, return to or branch from.
 *
 * @fires {IterateEvent} gram-iterate-selected - A state is to be shown; null shows the present one.
 * @fires {IterateEvent} gram-iterate-returned - The run is to go back to it.
 * @fires {IterateEvent} gram-iterate-branched - A new line is to begin at it.
 * @csspart strip - The row.
 */
export class GramIterateStrip extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
        min-inline-size: 0;
      }
      .strip {
        display: flex;
        gap: 0.4rem;
        margin: 0;
        padding: 3px;
        overflow-x: auto;
        scrollbar-width: thin;
        list-style: none;
      }
      .state {
        display: grid;
        gap: 0.15rem;
        justify-items: start;
        padding: 3px;
        min-block-size: 0;
        border-color: transparent;
        font-size: 0.8125em;
        color: var(--_muted);
      }
      .state[aria-pressed='true'] {
        border-color: var(--_accent);
        color: var(--_text);
      }
      canvas {
        display: block;
        block-size: 3.25rem;
        inline-size: auto;
      }
      .branch {
        padding-inline-start: 0.6rem;
        border-inline-start: 2px solid var(--_line);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        padding-block-start: 0.35rem;
      }
    `,
  ];

  /** The kept states, by line and step. */
  @property({ attribute: false }) iterates: readonly Iterate[] = [];
  /** Id of the one that is shown; 0 is the present state. */
  @property({ type: Number, reflect: true }) selected = 0;

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('iterates')) return;
    for (const canvas of this.renderRoot.querySelectorAll('canvas')) {
      const iterate = this.iterates.find(({ id }) => String(id) === canvas.dataset.id);
      if (iterate === undefined || canvas.dataset.drawn === canvas.dataset.id) continue;
      const pixels = thumbnailOf({ height: iterate.snapshot.height, width: iterate.snapshot.width, data: iterate.snapshot.image }, THUMBNAIL_PX);
      canvas.width = pixels.width;
      canvas.height = pixels.height;
      canvas.getContext('2d', { willReadFrequently: true })?.putImageData(pixels, 0, 0);
      canvas.dataset.drawn = String(iterate.id);
    }
  }

  override render(): TemplateResult | typeof nothing {
    if (this.iterates.length === 0) return nothing;
    const chosen = this.iterates.find(({ id }) => id === this.selected);
    return html`<ul class="strip" part="strip" aria-label=${this.text('iterates')} @keydown=${this.#move}>
        ${this.iterates.map((iterate, index) => {
          const isBranch = index > 0 && this.iterates[index - 1]?.line !== iterate.line;
          const step = this.number(iterate.step, 21);
          const words = iterate.line === 1 ? this.text('iterate', { step }) : this.text('iterateLine', { line: iterate.line, step });
          return html`<li class=${isBranch ? 'branch' : ''}>
            <button
              type="button"
              class="state"
              aria-pressed=${iterate.id === this.selected}
              aria-label=${words}
              @click=${() => {
                this.#select(iterate);
              }}
            >
              <canvas data-id=${iterate.id} aria-hidden="true"></canvas><span>${step}</span>
            </button>
          </li>`;
        })}
        <li>
          <button
            type="button"
            class="state"
            aria-pressed=${chosen === undefined}
            @click=${() => {
              this.#select(null);
            }}
          >
            ${this.text('iterateNow')}
          </button>
        </li>
      </ul>
      ${
        chosen === undefined
          ? nothing
          : html`<div class="actions">
              <button
                type="button"
                title=${this.text('iterateReturnHint')}
                @click=${() => {
                  this.#act('gram-iterate-returned', chosen);
                }}
              >
                ${icon(Undo2)}${this.text('iterateReturn')}
              </button>
              <button
                type="button"
                title=${this.text('iterateBranchHint')}
                @click=${() => {
                  this.#act('gram-iterate-branched', chosen);
                }}
              >
                ${icon(GitBranch)}${this.text('iterateBranch')}
              </button>
            </div>`
      }`;
  }

  #select(iterate: Iterate | null): void {
    this.selected = iterate?.id ?? 0;
    this.dispatchEvent(new IterateEvent('gram-iterate-selected', iterate));
  }

  #act(type: 'gram-iterate-returned' | 'gram-iterate-branched', iterate: Iterate): void {
    this.selected = 0;
    this.dispatchEvent(new IterateEvent(type, iterate));
  }

  /** Arrow keys go along the row. */
  #move = (event: KeyboardEvent): void => {
    const forward = this.matches(':dir(rtl)') ? 'ArrowLeft' : 'ArrowRight';
    const backward = this.matches(':dir(rtl)') ? 'ArrowRight' : 'ArrowLeft';
    if (event.key !== forward && event.key !== backward) return;
    const buttons = [...this.renderRoot.querySelectorAll<HTMLButtonElement>('.state')];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    buttons[at + (event.key === forward ? 1 : -1)]?.focus();
    event.preventDefault();
  };
}

define('gram-iterate-strip', GramIterateStrip);

declare global {
  interface HTMLElementTagNameMap {
    'gram-iterate-strip': GramIterateStrip;
  }
}
