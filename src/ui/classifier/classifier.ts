import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { VERSION } from '../../engine/version.js';
import { evaluationCsv } from '../../tasks/classification/evaluate.js';
import { controls } from '../base/controls.js';
import '../labelled/words.js';
import '../base/failure-view.js';
import type { FailureActionEvent } from '../base/failure-view.js';
import { define } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';
import { barStyles } from '../labelled/bar.js';
import type { ConfusionOpenedEvent } from '../labelled/confusion-table.js';
import { askForFiles, picturesOf, type DataFile, type FileSet } from '../labelled/data-files.js';
import { DropTarget } from '../labelled/drop-target.js';
import { labelledStyles } from '../labelled/labelled-styles.js';
import type { Wording } from '../labelled/wording.js';
import { pictureOfTransfer } from '../pictures/open-picture.js';
import { saveFile } from '../base/save-file.js';
import { cellKey } from './evaluation-record.js';
import { ClassifierLive } from './classifier-live.js';
import { CARDS, openedCell, pictureCards, skippedNotice } from './classifier-results.js';
import { classifierSettings } from './classifier-settings.js';
import { classifierStatus } from './classifier-status.js';
import { classifierStyles } from './classifier-styles.js';
import { classifierToolbar } from './classifier-toolbar.js';
import './evaluation-report.js';

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
  readonly #words: Wording = {
    text: (key, values) => this.text(key, values),
    number: (value, digits) => this.number(value, digits),
    bytes: (sizeBytes) => this.bytes(sizeBytes),
    duration: (timeMs) => this.duration(timeMs),
    percent: (share) => this.percent(share),
  };
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
      ${classifierToolbar({
        text: this.#words.text,
        mode: this.mode,
        isBusy,
        isLive: this.isLive,
        hasResults: this.#hasResults,
        setMode: (mode) => {
          this.mode = mode;
        },
        choose: (kind) => void this.#choose(kind),
        toggleCamera: () => void this.toggleCamera(),
        saveJson: this.#saveJson,
        saveCsv: this.#saveCsv,
        clear: () => {
          this.clear();
        },
      })}
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
            text: this.#words.text,
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

  #pictures(): TemplateResult | typeof nothing {
    const results = this.found.filter(({ problem }) => problem === '');
    if (results.length === 0) return this.isLive || this.failure !== null ? nothing : this.#invitation('invitation');
    return pictureCards(this.#words, {
      results,
      shown: this.shown,
      isCropped: this.session?.settings.resize === 'crop',
      showMore: () => {
        this.shown += CARDS;
      },
    });
  }

  #invitation(words: 'invitation' | 'invitationFolder'): TemplateResult {
    return html`<div class="drop" part="drop" tabindex="0" role="group" aria-label=${this.text(words)}>
      <slot name="invitation"
        ><p class="headline">${this.text(words)}</p>
        <p class="hint">${this.text('invitationExamples')}</p></slot
      >
    </div>`;
  }

  #judgement(): TemplateResult | typeof nothing {
    const { report, opened } = this;
    if (report === null) return this.failure === null ? this.#invitation('invitationFolder') : nothing;
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
          : openedCell(this.#words, opened, () => {
              this.opened = null;
            })
      }
    </gram-evaluation-report>`;
  }

  #skipped(): TemplateResult | typeof nothing {
    const problems = (this.mode === 'evaluate' ? (this.report?.evaluation.skipped ?? []) : this.found.filter(({ problem }) => problem !== '')).map(
      ({ problem }) => problem,
    );
    return skippedNotice(this.#words, this.mode === 'evaluate' ? (this.report?.evaluation.skippedCount ?? 0) : problems.length, problems);
  }

  #bar(isBusy: boolean): TemplateResult {
    const { done, total } = this.progress;
    const isEvaluating = this.mode === 'evaluate';
    let button: TemplateResult;
    if (isBusy) {
      button = html`<button type="button" class="primary" part="primary-button" @click=${() => void this.cancel()}>${this.text('cancel')}</button>`;
    } else if (this.#hasResults) {
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
    return classifierStatus(this.#words, {
      state,
      stage,
      progress,
      lastRun,
      isJudging: this.mode === 'evaluate',
      isSoftware: this.session?.isSoftware === true,
    });
  }

  /** Whether the mode has something to show and to save. */
  get #hasResults(): boolean {
    return this.mode === 'evaluate' ? this.report !== null : this.found.length > 0;
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
