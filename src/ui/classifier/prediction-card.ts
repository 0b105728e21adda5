import { html, nothing, type TemplateResult } from 'lit';
import type { Prediction } from '../../tasks/classification/classifier.js';
import { bar } from '../labelled/bar.js';
import type { DataFile } from '../labelled/data-files.js';
import { pictureSource } from '../labelled/thumbnails.js';

/** What a card shows. */
export interface CardContent {
  readonly file: DataFile;
  readonly predictions: readonly Prediction[];
  /** A share as the page's language writes it. */
  readonly percent: (share: number) => string;
  /** Shows the middle of the picture, as the net saw it. */
  readonly isCropped: boolean;
  readonly label: string;
}

/** Guesses with their probabilities as bars, the best first. */
export function guessList(predictions: readonly Prediction[], percent: (share: number) => string, label: string): TemplateResult {
  return html`<ol class="guesses" part="guesses" aria-label=${label}>
    ${predictions.map(
      ({ name, probability }, rank) =>
        html`<li class=${rank === 0 ? 'first' : ''}>
          <span class="name" title=${name}>${name}</span><span>${percent(probability)}</span>${bar(probability)}
        </li>`,
    )}
  </ol>`;
}

/** A picture with what is seen in it. */
export function predictionCard({ file, predictions, percent, isCropped, label }: CardContent): TemplateResult {
  const [best] = predictions;
  const name = file.path.split('/').at(-1) ?? file.path;
  return html`<li class="card" part="card">
    <div class="mat"><img class=${isCropped ? 'cropped' : ''} alt="" ${pictureSource(file)} /></div>
    ${best === undefined ? nothing : guessList(predictions, percent, label)}
    <p class="file" title=${file.path}>${name}</p>
  </li>`;
}
