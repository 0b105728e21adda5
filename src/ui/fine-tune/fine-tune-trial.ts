import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { GramaryeError } from '../../engine/errors.js';
import { topPredictions, type Prediction } from '../../tasks/classification/classifier.js';
import { idOf } from '../../tasks/datasets/dataset.js';
import { submissionColumns, submissionText, type Prediction as Row } from '../../tasks/fine-tuning/submission.js';
import { ClassifierSession } from '../classifier/classifier-session.js';
import { predictionCard } from '../classifier/prediction-card.js';
import { askForFiles, filesOfList, picturesOf, type DataFile } from '../labelled/data-files.js';
import { saveFile } from '../base/save-file.js';
import { numberFormat } from '../base/format.js';
import { FineTuneElement } from './fine-tune-element.js';

const GUESSES = 3;
const CARDS = 24;

/** A picture that was tried. */
interface Tried {
  readonly file: DataFile;
  readonly predictions: readonly Prediction[];
}

/** Trying a trained or a saved net on other pictures: guesses, and a submission. */
export abstract class FineTuneTrial extends FineTuneElement {
  /** A saved net that is open instead of the one that is trained here. */
  @state() protected opened: { readonly session: ClassifierSession; readonly name: string } | null = null;
  @state() private tried: readonly Tried[] = [];
  @state() private triedProblems: readonly string[] = [];
  @state() private sample: DataFile | null = null;
  @state() private predicting = { done: 0, total: 0 };
  #trial: AbortController | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#trial?.abort();
    this.opened?.session.close();
    this.opened = null;
  }

  /** A share as the page's language writes it. */
  protected percent = (share: number): string => numberFormat(this.locale, { style: 'percent', maximumFractionDigits: 1 }).format(share);

  /** Opens a net that was saved: `model.json` with its shard, or the zip of both. */
  async openModel(files: readonly File[]): Promise<void> {
    this.#trial?.abort();
    const { signal } = (this.#trial = new AbortController());
    this.failure = null;
    try {
      const order = { net: files, labels: undefined, preset: 'default', size: undefined, resize: undefined, batch: undefined } as const;
      const session = await ClassifierSession.open(order, {
        signal,
        onStage: (stage) => {
          if (stage.stage !== 'compiling') this.setStage(stage);
          else this.setStage({ ...stage, stage: 'compiling' });
        },
      });
      this.opened?.session.close();
      if (!this.isConnected) {
        session.close();
        return;
      }
      this.opened = { session, name: files[0]?.name ?? '' };
      this.tried = [];
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      this.stage = null;
    }
  }

  /** What the net sees in pictures; a row a picture, in the order of the classes. */
  async predict(files: readonly File[]): Promise<readonly { readonly id: string; readonly probabilities: readonly number[] }[]> {
    const rows: Row[] = [];
    await this.#predict(picturesOf((await filesOfList(files)).files), (file, probabilities) => {
      rows.push({ id: idOf(file.path), probabilities });
    });
    return rows.map(({ id, probabilities }) => ({ id, probabilities: Array.from(probabilities) }));
  }

  /** `submission.csv` for pictures: an id and a probability a class, with the columns of a sample file where one is given. */
  async toSubmission(files: readonly File[], sample?: File): Promise<string> {
    const own = sample === undefined ? null : { path: sample.name, read: () => Promise.resolve(sample) };
    return this.#submission(picturesOf((await filesOfList(files)).files), own);
  }

  /** The part of the page where a net is tried; nothing before there is one. */
  protected renderTrial(isBusy: boolean): TemplateResult {
    const { opened, tried, data } = this;
    const hasNet = opened !== null || (this.session !== null && this.figures.length > 0);
    const sample = this.sample ?? data?.sample ?? null;
    const test = data?.test ?? [];
    return html`<section class="trial" aria-labelledby="trial">
      <h2 id="trial">${this.text('tryTitle')}</h2>
      ${
        opened === null
          ? nothing
          : html`<p class="notice">
              ${this.text('openedModel', {
                name: opened.name,
                classes: this.number(opened.session.classifier.labels.names.length, 21),
                size: opened.session.settings.size,
              })}
            </p>`
      }
      <div class="ways start">
        ${
          hasNet
            ? html`<button type="button" ?disabled=${isBusy} @click=${() => void this.#tryPictures()}>${this.text('tryPictures')}</button>
                <button type="button" ?disabled=${isBusy} @click=${() => void this.#tryFolder()}>${this.text('tryFolder')}</button>
                ${
                  test.length === 0
                    ? nothing
                    : html`<button type="button" ?disabled=${isBusy} @click=${() => void this.#save(test)}>
                        ${this.text('tryTest', { count: this.number(test.length, 21) })}
                      </button>`
                }
                <button type="button" ?disabled=${isBusy} @click=${() => void this.#chooseSample()}>
                  ${sample === null ? this.text('trySample') : this.text('trySampleIs', { name: sample.path })}
                </button>`
            : nothing
        }
        <button type="button" ?disabled=${isBusy} @click=${() => void this.#chooseModel()}>${this.text('openModel')}</button>
        ${
          this.predicting.total > 0
            ? html`<button type="button" @click=${() => this.#trial?.abort()}>${this.text('cancel')}</button>
                <span role="status">${this.text('stagePredicting', this.predicting)}</span>`
            : nothing
        }
      </div>
      ${
        this.triedProblems.length === 0
          ? nothing
          : html`<details class="notice">
              <summary>${this.text('skippedCount', { count: this.number(this.triedProblems.length, 21) })}</summary>
              <ul>
                ${this.triedProblems.slice(0, 100).map((problem) => html`<li>${problem}</li>`)}
              </ul>
            </details>`
      }
      ${
        tried.length === 0
          ? nothing
          : html`<ul class="cards" part="cards" aria-label=${this.text('results')}>
              ${tried
                .slice(0, CARDS)
                .map(({ file, predictions }) => predictionCard({ file, predictions, percent: this.percent, isCropped: false, label: this.text('guesses') }))}
            </ul>`
      }
    </section>`;
  }

  async #tryPictures(): Promise<void> {
    const files = picturesOf((await filesOfList(await askForFiles('pictures'))).files);
    if (files.length === 0) return;
    this.tried = [];
    const names = this.opened?.session.classifier.labels.names ?? this.classes;
    await this.#guarded(() =>
      this.#predict(files, (file, probabilities) => {
        this.tried = [...this.tried, { file, predictions: topPredictions(probabilities, names, GUESSES) }];
      }),
    );
  }

  async #tryFolder(): Promise<void> {
    const files = picturesOf((await filesOfList(await askForFiles('folder'))).files);
    if (files.length > 0) await this.#save(files);
  }

  async #chooseSample(): Promise<void> {
    const [file] = await askForFiles('table');
    this.sample = file === undefined ? null : { path: file.name, read: () => Promise.resolve(file) };
  }

  async #chooseModel(): Promise<void> {
    const files = await askForFiles('model');
    if (files.length > 0) await this.openModel(files);
  }

  async #save(files: readonly DataFile[]): Promise<void> {
    await this.#guarded(async () => {
      const text = await this.#submission(files, this.sample ?? this.data?.sample ?? null);
      saveFile(new Blob([text], { type: 'text/csv' }), 'submission.csv');
    });
  }

  async #submission(files: readonly DataFile[], sample: DataFile | null): Promise<string> {
    const classes = this.opened?.session.classifier.labels.names ?? this.classes;
    const columns = sample === null ? undefined : submissionColumns(sample.path, await (await sample.read()).text(), classes);
    const rows: Row[] = [];
    await this.#predict(files, (file, probabilities) => {
      rows.push({ id: idOf(file.path), probabilities });
    });
    return submissionText(rows, classes, columns);
  }

  async #guarded(job: () => Promise<void>): Promise<void> {
    this.failure = null;
    try {
      await job();
    } catch (error) {
      if (!(error instanceof GramaryeError && error.code === 'aborted')) this.fail(error);
    }
  }

  async #predict(files: readonly DataFile[], visit: (file: DataFile, probabilities: ArrayLike<number>) => void): Promise<void> {
    this.#trial?.abort();
    const { signal } = (this.#trial = new AbortController());
    this.triedProblems = [];
    this.predicting = { done: 0, total: files.length };
    try {
      const { opened, session } = this;
      if (opened !== null) {
        const classes = opened.session.classifier.labels.names.length;
        const items = files.map((file) => opened.session.itemOf(file));
        for await (const result of opened.session.stream(items, classes, signal)) {
          this.predicting = { done: this.predicting.done + 1, total: files.length };
          if ('problem' in result) {
            this.triedProblems = [...this.triedProblems, result.problem];
            continue;
          }
          const probabilities = new Float64Array(classes);
          for (const { index, probability } of result.predictions) probabilities[index] = probability;
          visit(result.item.file, probabilities);
        }
      } else if (session !== null) {
        const skipped = await session.predict(files, visit, {
          signal,
          onProgress: (done) => {
            this.predicting = { done, total: files.length };
          },
        });
        this.triedProblems = skipped.map(({ reason }) => reason);
      } else throw new GramaryeError('bad-option', 'There is no trained net yet.', { remedy: 'Train first, or open a saved net.' });
    } finally {
      this.predicting = { done: 0, total: 0 };
    }
  }
}
