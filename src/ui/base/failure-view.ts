import { css, html, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { controls } from './controls.js';
import type { Failure, FailureAction } from './failure.js';
import { define, GramaryeElement } from './gramarye-element.js';
import { tokens } from './tokens.js';

/** The visitor chose a way on from a failure. */
export class FailureActionEvent extends Event {
  readonly action: FailureAction;
  constructor(action: FailureAction) {
    super('gram-failure-acted');
    this.action = action;
  }
}

/**
 * A failure with its way on: one sentence of what happened, one of what to do, the technical detail folded beneath.
 * Used inside the other elements.
 *
 * @fires {FailureActionEvent} gram-failure-acted - A button was pressed.
 * @csspart failure - The frame.
 */
export class GramFailure extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      .failure {
        display: grid;
        gap: 0.35rem;
        padding: 1rem 1.1rem;
        border-inline-start: 3px solid var(--_accent);
        background: var(--_raised);
      }
      .what {
        font-weight: 600;
      }
      p {
        margin: 0;
        max-inline-size: 60ch;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-block-start: 0.5rem;
      }
      pre {
        margin: 0 0 0.5rem;
        padding: 0.6rem;
        overflow: auto;
        max-block-size: 12rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        background: var(--_sunken);
        font-family: var(--_font-code);
        font-size: 0.8125rem;
      }
    `,
  ];

  @property({ attribute: false }) failure: Failure | null = null;
  /** Values for the sentences, e.g. the step to go on from. */
  @property({ attribute: false }) values: Readonly<Record<string, string | number>> = {};
  /** The size offered where a smaller one helps. */
  @property({ type: Number }) smaller = 0;
  @state() private copied = false;

  override render(): TemplateResult {
    const { failure } = this;
    if (failure === null) return html``;
    const words = { 'try-again': this.text('tryAgain'), smaller: this.text('useSize', { pixels: this.smaller }), dismiss: this.text('dismiss') };
    return html`<div class="failure" part="failure" role="alert">
      <p class="what">${this.text(failure.what, this.values)}</p>
      <p>${this.text(failure.fix, this.values)}</p>
      <div class="actions">
        ${failure.actions
          .filter((action) => action !== 'smaller' || this.smaller > 0)
          .map((action) => html`<button type="button" @click=${() => this.dispatchEvent(new FailureActionEvent(action))}>${words[action]}</button>`)}
      </div>
      <details>
        <summary>${this.text('details')}</summary>
        <pre>${failure.detail}</pre>
        <button type="button" @click=${this.#copy}>${this.copied ? this.text('copied') : this.text('copy')}</button>
      </details>
    </div>`;
  }

  #copy = (): void => {
    void navigator.clipboard.writeText(this.failure?.detail ?? '').then(() => {
      this.copied = true;
    });
  };
}

define('gram-failure', GramFailure);

declare global {
  interface HTMLElementTagNameMap {
    'gram-failure': GramFailure;
  }
}
