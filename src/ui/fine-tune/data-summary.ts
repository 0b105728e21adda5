import { html, nothing, type TemplateResult } from 'lit';
import type { SkippedPicture } from '../../tasks/fine-tuning/feature-extraction.js';
import type { Wording } from '../labelled/wording.js';
import { pictureSource } from '../labelled/thumbnails.js';
import { countByClass, type TrainingData } from './training-data.js';

/** Problems that are named; the rest is only counted. */
const NAMED_PROBLEMS = 100;

/** What is to be learned from: how much of what, what was left out of it and why. */
export function dataSummary({ text, number }: Wording, { dataset, name }: TrainingData, skipped: readonly SkippedPicture[]): TemplateResult {
  const { classes, examples, notices } = dataset;
  return html`<p class="summary">
      <strong>${text('dataSummary', { pictures: number(examples.length, 21), classes: number(classes.length, 21) })}</strong>${
        name === '' ? nothing : html`<span class="hint">${text('dataFrom', { name })}</span>`
      }
    </p>
    ${folded(text('dataNotices', { count: notices.length }), notices)}
    ${folded(
      text('skippedCount', { count: number(skipped.length, 21) }),
      skipped.map(({ reason }) => reason),
    )}
    <ul class="classes" tabindex="0" aria-label=${text('dataSummary', { pictures: examples.length, classes: classes.length })}>
      ${countByClass(dataset).map(
        ({ name: label, count, first }) =>
          html`<li title=${label}>
            ${first === undefined ? nothing : html`<img alt="" loading="lazy" ${pictureSource(first)} />`}<span>${label}</span
            ><span class="hint">${number(count, 21)}</span>
          </li>`,
      )}
    </ul>`;
}

function folded(title: string, lines: readonly string[]): TemplateResult | typeof nothing {
  if (lines.length === 0) return nothing;
  return html`<details class="notice">
    <summary>${title}</summary>
    <ul>
      ${lines.slice(0, NAMED_PROBLEMS).map((line) => html`<li>${line}</li>`)}
    </ul>
  </details>`;
}
