import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { Camera, FileJson, FileSpreadsheet, FolderOpen, Images, Trash2, X } from 'lucide';
import { VERSION } from '../../engine/version.js';
import { evaluationCsv } from '../../tasks/classification/evaluate.js';
import { controls } from '../base/controls.js';
import '../labelled/words.js';
import '../base/failure-view.js';
import type { FailureActionEvent } from '../base/failure-view.js';
import { define } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import { barStyles } from '../labelled/bar.js';
import type { ConfusionOpenedEvent } from '../labelled/confusion-table.js';
import { askForFiles, picturesOf, type DataFile, type FileSet } from '../labelled/data-files.js';
import { DropTarget } from '../labelled/drop-target.js';
import { labelledStyles } from '../labelled/labelled-styles.js';
import { pictureOfTransfer } from '../pictures/open-picture.js';
import { saveFile } from '../studio/result-file.js';
import { cellKey } from './classifier-element.js';
import { ClassifierLive } from './classifier-live.js';
import { classifierStyles } from './classifier-styles.js';
import { classifierSettings } from './classifier-settings.js';
import { classifierStatus } from './classifier-status.js';
import './evaluation-report.js';
import { predictionCard } from './prediction-card.js';

/** Cards shown at once; the rest on demand, so that a folder of thousands does not fill the page. */
const CARDS = 48;
/**
 * Says what is in pictures, with probabilities, and judges a classifier by a folder of labelled ones.
 *
 * @element gram-classifier
 * @fires {ClassifiedEvent} gram-classified - A picture was classified.
 * @fires {SkippedEvent} gram-skipped - A picture could not be read and was left out.
 * @fires {EvaluatedEvent} gram-evaluated - A folder was judged.
 * @fires {StateChangedEvent} gram-state-changed - The attribute `state` has changed.
 * @fires {FinishedEvent} gram-finished - All pictures that were given are done.
 * @fires {FailedEvent} gram-failed - The element failed; it shows why.
 * @slot invitation - Words in the empty element.
 * @slot settings - Further settings of the page.
 * @csspart drop - The place to drop pictures while there are none.
 * @csspart cards - The grid of pictures.
 * @csspart card - One picture with its guesses.
 * @csspart guesses - The guesses of a picture.
 * @csspart report - The judgement of a folder.
 * @csspart primary-button - The button that does the next thing.
 * @csspart bar - The line with the button and the state.
 */
export class GramClassifier extends ClassifierLive {
  static override styles = [tokens, controls, barStyles, labelledStyles, classifierStyles];

  /** True while something is dragged over it. */
  @property({ type: Boolean, reflect: true }) dragging = false;
  @state() private shown = CARDS;
  @state() private opened: { readonly title: string; readonly files: readonly DataFile[] } | null = null;
  #retry: (() => Promise<void>) | null = null;

  constructor() {
    super();
    new DropTarget(this, {
      takeDropped: (files) => void this.#takeDropped(files),
      takePasted: (files) => {
        this.#start(() => this.classify(files));
      },
      takeText: (transfer) => {
        const picture = pictureOfTransfer(transfer);
        if (picture !== undefined) this.#start(() => this.classify([picture]));
      },
    });
  }

  override render(): TemplateResult {
    const isBusy = this.state === 'preparing' || this.state === 'running';
    return html`<div class="work">
      <div class="head">${this.#modes(isBusy)} ${this.#tools(isBusy)}</div>
      <div class="layout">
        <div class="body">
          ${
            this.failure === null
              ? nothing
              : html`<gram-failure
                  .failure=${this.failure}
                  .values=${this.failureWords}
                  .strings=${this.strings}
                  @gram-failure-acted=${this.#acted}
                ></gram-failure>`
          }
          ${this.renderLive()} ${this.mode === 'evaluate' ? this.#judgement() : this.#pictures()} ${this.#skipped()}
        </div>
        <div class="settings">
          ${classifierSettings(this, {
            text: (key, values) => this.text(key, values),
            isBusy,
            netFiles: this.netFiles,
            labelsFile: this.labelsFile,
            chooseNet: () => void this.#chooseNet(),
            chooseLabels: () => void this.#chooseLabels(),
            forgetNet: () => {
              this.netFiles = null;
            },
            forgetLabels: () => {
              this.labelsFile = null;
            },
          })}
          <slot name="settings"></slot>
        </div>
      </div>
      ${this.#bar(isBusy)}
    </div>`;
  }

  #modes(isBusy: boolean): TemplateResult {
    const choice = (mode: 'classify' | 'evaluate', words: string): TemplateResult =>
      html`<label
        ><input
          class="visually-hidden"
          type="radio"
          name="mode"
          .checked=${this.mode === mode}
          ?disabled=${isBusy}
          @change=${() => {
            this.mode = mode;
          }}
        />${words}</label
      >`;
    return html`<fieldset class="modes">
      <legend class="visually-hidden">${this.text('mode')}</legend>
      ${choice('classify', this.text('modeClassify'))} ${choice('evaluate', this.text('modeEvaluate'))}
    </fieldset>`;
  }

  #tools(isBusy: boolean): TemplateResult {
    const folder = html`<button type="button" ?disabled=${isBusy} @click=${() => void this.#choose('folder')}>
      ${icon(FolderOpen)}${this.text('chooseFolder')}
    </button>`;
    if (this.mode === 'evaluate') {
      return html`<div class="tools">
        ${folder}
        ${
          this.report === null
            ? nothing
            : html`<button type="button" class="icon" title=${this.text('downloadJson')} aria-label=${this.text('downloadJson')} @click=${this.#saveJson}>
                  ${icon(FileJson)}</button
                ><button type="button" class="icon" title=${this.text('downloadCsv')} aria-label=${this.text('downloadCsv')} @click=${this.#saveCsv}>
                  ${icon(FileSpreadsheet)}
                </button>`
        }
      </div>`;
    }
    return html`<div class="tools">
      <button type="button" ?disabled=${isBusy} @click=${() => void this.#choose('pictures')}>${icon(Images)}${this.text('choosePictures')}</button>
      ${folder}
      <button type="button" aria-pressed=${this.isLive} ?disabled=${isBusy} @click=${() => void this.toggleCamera()}>
        ${icon(Camera)}${this.text(this.isLive ? 'closeCamera' : 'useCamera')}
      </button>
      ${
        this.found.length === 0
          ? nothing
          : html`<button type="button" class="icon" title=${this.text('downloadJson')} aria-label=${this.text('downloadJson')} @click=${this.#saveJson}>
                ${icon(FileJson)}</button
              ><button
                type="button"
                class="icon"
                title=${this.text('clearAll')}
                aria-label=${this.text('clearAll')}
                @click=${() => {
                  this.clear();
                }}
              >
                ${icon(Trash2)}
              </button>`
      }
    </div>`;
  }

  #pictures(): TemplateResult | typeof nothing {
    const cards = this.found.filter(({ problem }) => problem === '');
    if (cards.length === 0) return this.isLive || this.failure !== null ? nothing : this.#invitation('invitation', 'invitationExamples');
    const isCropped = this.session?.settings.resize === 'crop';
    return html`<ul class="cards" part="cards" aria-label=${this.text('results')}>
        ${cards
          .slice(0, this.shown)
          .map(({ file, predictions }) => predictionCard({ file, predictions, percent: this.percent, isCropped, label: this.text('guesses') }))}
      </ul>
      ${
        cards.length <= this.shown
          ? nothing
          : html`<button
              type="button"
              @click=${() => {
                this.shown += CARDS;
              }}
            >
              ${this.text('showMore', { count: this.number(Math.min(CARDS, cards.length - this.shown), 21) })}
            </button>`
      }`;
  }

  #invitation(words: 'invitation' | 'invitationFolder', more: 'invitationExamples'): TemplateResult {
    return html`<div class="drop" part="drop" tabindex="0" role="group" aria-label=${this.text(words)}>
      <slot name="invitation"
        ><p class="headline">${this.text(words)}</p>
        <p class="hint">${this.text(more)}</p></slot
      >
    </div>`;
  }

  #judgement(): TemplateResult | typeof nothing {
    const { report, opened } = this;
    if (report === null) return this.failure === null ? this.#invitation('invitationFolder', 'invitationExamples') : nothing;
    return html`<gram-evaluation-report
      part="report"
      .evaluation=${report.evaluation}
      .names=${report.names}
      .strings=${this.strings}
      @gram-confusion-opened=${this.#openCell}
    >
      ${
        opened === null
          ? nothing
          : html`<section class="opened" aria-labelledby="opened" tabindex="-1">
              <header>
                <h3 id="opened">${opened.title}</h3>
                <button
                  type="button"
                  class="icon"
                  aria-label=${this.text('close')}
                  @click=${() => {
                    this.opened = null;
                  }}
                >
                  ${icon(X)}
                </button>
              </header>
              <ul class="cards">
                ${opened.files
                  .slice(0, CARDS)
                  .map((file) => predictionCard({ file, predictions: [], percent: this.percent, isCropped: false, label: opened.title }))}
              </ul>
            </section>`
      }
    </gram-evaluation-report>`;
  }

  #skipped(): TemplateResult | typeof nothing {
    const skipped =
      this.mode === 'evaluate'
        ? (this.report?.evaluation.skipped ?? [])
        : this.found.filter(({ problem }) => problem !== '').map(({ file, problem }) => ({ name: file.path, problem }));
    const count = this.mode === 'evaluate' ? (this.report?.evaluation.skippedCount ?? 0) : skipped.length;
    if (count === 0) return nothing;
    return html`<details class="notice">
      <summary>${this.text('skippedCount', { count: this.number(count, 21) })}</summary>
      <ul>
        ${skipped.slice(0, 100).map(({ problem }) => html`<li>${problem}</li>`)}
      </ul>
    </details>`;
  }

  #bar(isBusy: boolean): TemplateResult {
    const { done, total } = this.progress;
    const isEvaluating = this.mode === 'evaluate';
    const hasResults = isEvaluating ? this.report !== null : this.found.length > 0;
    let button: TemplateResult;
    if (isBusy) {
      button = html`<button type="button" class="primary" part="primary-button" @click=${() => void this.cancel()}>${this.text('cancel')}</button>`;
    } else if (hasResults) {
      button = html`<button type="button" class="primary" part="primary-button" @click=${() => void this.#choose(isEvaluating ? 'folder' : 'pictures')}>
        ${this.text(isEvaluating ? 'chooseFolder' : 'choosePictures')}
      </button>`;
    } else {
      button = html`<button type="button" class="primary" part="primary-button" @click=${this.#examples}>
        ${this.text(isEvaluating ? 'judgeExamples' : 'tryExamples')}
      </button>`;
    }
    return html`${isBusy ? html`<progress aria-label=${this.text('classifying', { done, total })} .value=${total === 0 ? 0 : done / total} max="1"></progress>` : nothing}
      <div class="bar" part="bar">
        ${button}
        <div class="status"><p role="status">${this.#status()}</p></div>
      </div>`;
  }

  #status(): string {
    const { state, stage, progress, lastRun } = this;
    return classifierStatus(
      {
        text: (key, values) => this.text(key, values),
        number: (value, digits) => this.number(value, digits),
        bytes: (sizeBytes) => this.bytes(sizeBytes),
        duration: (timeMs) => this.duration(timeMs),
        percent: this.percent,
      },
      { state, stage, progress, lastRun, isJudging: this.mode === 'evaluate', isSoftware: this.session?.isSoftware === true },
    );
  }

  async #choose(kind: 'pictures' | 'folder'): Promise<void> {
    const files = await askForFiles(kind);
    if (files.length > 0) this.#start(() => (this.mode === 'evaluate' ? this.evaluate(files) : this.classify(files)));
  }

  async #chooseNet(): Promise<void> {
    const files = await askForFiles('model');
    if (files.length > 0) this.netFiles = files;
  }

  async #chooseLabels(): Promise<void> {
    const [file] = await askForFiles('names');
    if (file !== undefined) this.labelsFile = file;
  }

  #examples = (): void => {
    this.#start(() => (this.mode === 'evaluate' ? this.evaluateExamples() : this.classifyExamples()));
  };

  /** Starts work in a way that can be tried again. */
  #start(job: () => Promise<void>): void {
    this.shown = CARDS;
    this.opened = null;
    this.#retry = job;
    void job();
  }

  #acted = (event: FailureActionEvent): void => {
    this.failure = null;
    this.setState(this.found.length > 0 || this.report !== null ? 'finished' : 'idle');
    if (event.action === 'try-again') void this.#retry?.();
  };

  #openCell = (event: ConfusionOpenedEvent): void => {
    const { report } = this;
    if (report === null) return;
    const { label, predicted } = event;
    const names = { label: report.names[label] ?? '', predicted: report.names[predicted] ?? this.text('background') };
    const places = report.byCell.get(cellKey(label, predicted)) ?? [];
    this.opened = {
      title: this.text(label === predicted ? 'confusionRight' : 'confusionPair', names),
      files: places.map((place) => report.files[place]).filter((file) => file !== undefined),
    };
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.opened')?.focus({ preventScroll: false }));
  };

  #saveJson = (): void => {
    const { session, report } = this;
    const about = { format: 'gramarye-classification', version: VERSION, net: session?.netName, settings: session?.settings };
    const body =
      this.mode === 'evaluate'
        ? { ...about, evaluation: report?.evaluation }
        : {
            ...about,
            pictures: this.found.map(({ file, predictions, problem }) => (problem === '' ? { name: file.path, predictions } : { name: file.path, problem })),
          };
    saveFile(new Blob([JSON.stringify(body, null, 2)], { type: 'application/json' }), this.mode === 'evaluate' ? 'evaluation.json' : 'classification.json');
  };

  #saveCsv = (): void => {
    if (this.report !== null) saveFile(new Blob([evaluationCsv(this.report.evaluation)], { type: 'text/csv' }), 'evaluation.csv');
  };

  async #takeDropped(files: Promise<FileSet>): Promise<void> {
    try {
      const set = await files;
      this.#start(() => (this.mode === 'evaluate' ? this.evaluateSet(set) : this.classifySet(picturesOf(set.files))));
    } catch (error) {
      this.fail(error);
    }
  }
}

define('gram-classifier', GramClassifier);

declare global {
  interface HTMLElementTagNameMap {
    'gram-classifier': GramClassifier;
  }
}
