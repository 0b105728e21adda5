import { html, nothing, type TemplateResult } from 'lit';
import { X } from 'lucide';
import { icon } from '../base/icon.js';
import type { DataFile } from '../labelled/data-files.js';
import type { Wording } from '../labelled/wording.js';
import type { ClassifierResult } from './classifier-element.js';
import { predictionCard } from './prediction-card.js';

/** Cards shown at once; the rest on demand, so that a folder of thousands does not fill the page. */
export const CARDS = 48;
/** Problems that are named; the rest is only counted. */
const NAMED_PROBLEMS = 100;

type Words = Pick<Wording, 'text' | 'number' | 'percent'>;

/** The pictures that could be read, with their guesses. */
export function pictureCards(
  { text, number, percent }: Words,
  { results, shown, isCropped, showMore }: { results: readonly ClassifierResult[]; shown: number; isCropped: boolean; showMore: () => void },
): TemplateResult {
  return html`<ul class="cards" part="cards" aria-label=${text('results')}>
      ${results.slice(0, shown).map(({ file, predictions }) => predictionCard({ file, predictions, percent, isCropped, label: text('guesses') }))}
    </ul>
    ${
      results.length <= shown
        ? nothing
        : html`<button type="button" @click=${showMore}>${text('showMore', { count: number(Math.min(CARDS, results.length - shown), 21) })}</button>`
    }`;
}

/** The pictures of one cell of the confusion. */
export function openedCell({ text, percent }: Words, { title, files }: { title: string; files: readonly DataFile[] }, close: () => void): TemplateResult {
  return html`<section class="opened" aria-labelledby="opened" tabindex="-1">
    <header>
      <h3 id="opened">${title}</h3>
      <button type="button" class="icon" aria-label=${text('close')} @click=${close}>${icon(X)}</button>
    </header>
    <ul class="cards">
      ${files.slice(0, CARDS).map((file) => predictionCard({ file, predictions: [], percent, isCropped: false, label: title }))}
    </ul>
  </section>`;
}

/** How many pictures were left out, and why. */
export function skippedNotice({ text, number }: Words, count: number, problems: readonly string[]): TemplateResult | typeof nothing {
  if (count === 0) return nothing;
  return html`<details class="notice">
    <summary>${text('skippedCount', { count: number(count, 21) })}</summary>
    <ul>
      ${problems.slice(0, NAMED_PROBLEMS).map((problem) => html`<li>${problem}</li>`)}
    </ul>
  </details>`;
}
