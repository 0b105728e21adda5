import { html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { Archive, Camera, FileSpreadsheet, FolderOpen, Save } from 'lucide';
import { controls } from '../base/controls.js';
import '../labelled/words.js';
import '../base/failure-view.js';
import type { FailureActionEvent } from '../base/failure-view.js';
import { define } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import { barStyles } from '../labelled/bar.js';
import { askForFiles, type FileSet } from '../labelled/data-files.js';
import { DropTarget } from '../labelled/drop-target.js';
import { labelledStyles } from '../labelled/labelled-styles.js';
import type { Wording } from '../labelled/wording.js';
import { saveFile } from '../base/save-file.js';
import './camera-classes.js';
import type { GramCameraClasses, ShotsTakenEvent } from './camera-classes.js';
import { dataSummary } from './data-summary.js';
import { fineTuneStatus, timeLeft, type FineTuneSituation } from './fine-tune-status.js';
import { fineTuneStyles } from './fine-tune-styles.js';
import { FineTuneTrial } from './fine-tune-trial.js';
import './judgement-view.js';
import { countsFor, layersOf } from './parameter-counts.js';
import { SettingsForm } from './settings-form.js';
import { cameraData } from './training-data.js';
import './training-chart.js';

/** Classes before any are known, for the count of parameters: those of the drawings that come along. */
const EXAMPLE_CLASSES = 10;
/**
 * Teaches MobileNetV2 new classes from a few pictures, in the browser.
 *
 * @element gram-fine-tune
 * @fires {DataChangedEvent} gram-data-changed - Other pictures are to be learned from.
 * @fires {EpochEvent} gram-epoch - An epoch is done and kept.
 * @fires {JudgedEvent} gram-judged - The net was judged by the pictures held back.
 * @fires {StateChangedEvent} gram-state-changed - The attribute `state` has changed.
 * @fires {FinishedEvent} gram-finished - All epochs are done.
 * @fires {FailedEvent} gram-failed - The element failed; it shows why.
 * @slot data - Further ways to pictures.
 * @slot settings - Further settings of the page.
 * @csspart drop - The place to drop pictures while there are none.
 * @csspart data - The pictures to learn from.
 * @csspart settings - The settings.
 * @csspart results - How the net sees the pictures held back.
 * @csspart cards - Pictures the net was tried on.
 * @csspart card - One of them.
 * @csspart primary-button - The button that does the next thing.
 * @csspart bar - The line with the button and the state.
 * @cssprop [--gram-chart-height=10rem] - Height of each plot.
 */
export class GramFineTune extends FineTuneTrial {
  static override styles = [tokens, controls, barStyles, labelledStyles, fineTuneStyles];

  /** True while something is dragged over it. */
  @property({ type: Boolean, reflect: true }) dragging = false;
  @state() private hasCamera = false;
  @query('gram-camera-classes') private cameraClasses!: GramCameraClasses | null;
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
    new DropTarget(this, { takeDropped: (files) => void this.#takeDropped(files) });
  }

  override render(): TemplateResult {
    const isBusy = this.state === 'preparing' || this.state === 'running';
    return html`<div class="work">
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
      ${this.#resting(isBusy)}
      <div class="top">
        <div class="data" part="data" role="group" aria-label=${this.text('data')}>${this.#data(isBusy)}<slot name="data"></slot></div>
        <div class="curves">
          <gram-training-chart .history=${this.figures} .epochs=${this.settings.epochs} .strings=${this.strings}></gram-training-chart>
        </div>
        <div part="settings">${this.#settings(isBusy)}<slot name="settings"></slot></div>
      </div>
      ${this.isKept || !isBusy ? nothing : html`<p class="notice">${this.text('notKept')}</p>`} ${this.#bar(isBusy)} ${this.#results()}
      ${this.renderTrial(isBusy)}
    </div>`;
  }

  #resting(isBusy: boolean): TemplateResult | typeof nothing {
    const { resting } = this;
    if (resting === null || isBusy) return nothing;
    const { name, epochsDone, settings, source } = resting;
    return html`<div class="notice resting" role="group" aria-label=${this.text('restingRun', { name, epoch: epochsDone, epochs: settings.epochs })}>
      <span>${this.text('restingRun', { name, epoch: epochsDone, epochs: settings.epochs })}</span>
      ${source === 'files' && this.data === null ? html`<span>${this.text('restingFiles')}</span>` : nothing}
      <button
        type="button"
        ?disabled=${source === 'files' && this.data === null}
        @click=${() => {
          this.#do(() => this.continue());
        }}
      >
        ${this.text('continueEpoch', { epoch: epochsDone })}
      </button>
      <button type="button" class="quiet" @click=${() => void this.forget()}>${this.text('restingForget')}</button>
    </div>`;
  }

  #data(isBusy: boolean): TemplateResult {
    const { data } = this;
    const way = (words: 'dataFolder' | 'dataZip' | 'dataFiles' | 'dataCamera', node: Parameters<typeof icon>[0], act: () => void): TemplateResult =>
      html`<button type="button" ?disabled=${isBusy} @click=${act}>${icon(node)}${this.text(words)}</button>`;
    return html`<h2>${this.text('data')}</h2>
      ${data === null ? this.#invitation() : dataSummary(this.#words, data, this.session?.run.skipped ?? [])}
      <div class="ways start">
        ${way('dataFolder', FolderOpen, () => void this.#choose('folder'))} ${way('dataZip', Archive, () => void this.#choose('zip'))}
        ${way('dataFiles', FileSpreadsheet, () => void this.#choose('any'))} ${way('dataCamera', Camera, () => void this.#toggleCamera())}
        ${
          data?.source === 'examples'
            ? nothing
            : html`<button type="button" class="quiet" ?disabled=${isBusy} @click=${() => void this.useExamples()}>${this.text('dataUseExamples')}</button>`
        }
      </div>
      ${this.hasCamera ? html`<gram-camera-classes .strings=${this.strings} @gram-shots-taken=${this.#shots}></gram-camera-classes>` : nothing}`;
  }

  #invitation(): TemplateResult {
    return html`<div class="drop" part="drop">
      <p class="headline">${this.text('dataInvitation')}</p>
      <p class="hint">${this.text('dataExamples')}</p>
    </div>`;
  }

  #settings(isBusy: boolean): TemplateResult {
    const { settings, session } = this;
    const classes = this.data?.dataset.classes.length ?? EXAMPLE_CLASSES;
    const layers = layersOf(session?.job.net === this.net ? session.net : null, this.net, settings.size, classes);
    const isChanged = session !== null && JSON.stringify(session.job.settings) !== JSON.stringify(settings);
    return html`${new SettingsForm({
      words: this.#words,
      settings,
      preset: this.preset,
      net: this.net,
      isBusy,
      counts: countsFor(layers, Math.min(settings.trainLast, layers.length - 1)),
      change: (changed) => {
        this.changeSettings(changed);
      },
      changePreset: (preset) => {
        this.usePreset(preset);
      },
      changeNet: (net) => {
        this.net = net;
      },
    }).render()}
    ${isChanged ? html`<p class="hint" role="status">${this.text('takesEffectStart')}</p>` : nothing}`;
  }

  #bar(isBusy: boolean): TemplateResult {
    const { session, stage } = this;
    const done = this.figures.length;
    const canContinue = session !== null && done > 0 && done < session.job.settings.epochs;
    let button: TemplateResult;
    const primary = (words: string, act: () => Promise<void>): TemplateResult =>
      html`<button
        type="button"
        class="primary"
        part="primary-button"
        @click=${() => {
          this.#do(act);
        }}
      >
        ${words}
      </button>`;
    if (isBusy) button = primary(this.text(this.state === 'running' ? 'stopRun' : 'cancel'), () => this.stop());
    else if (canContinue) button = primary(this.text('continueEpoch', { epoch: done }), () => this.continue());
    else button = primary(this.text(done > 0 ? 'startAnew' : 'start'), () => this.start());
    const share = stage === null || stage.total === 0 ? 0 : stage.done / stage.total;
    const overall = stage?.stage === 'training' ? (stage.epoch - 1 + share) / stage.epochs : share;
    return html`<div class="foot">
      ${isBusy ? html`<progress aria-label=${fineTuneStatus(this.#words, this.#situation)} .value=${overall} max="1"></progress>` : nothing}
      <div class="bar" part="bar">
        ${button}
        ${
          canContinue && !isBusy
            ? html`<button
                type="button"
                @click=${() => {
                  this.#do(() => this.start());
                }}
              >
                ${this.text('startAnew')}
              </button>`
            : nothing
        }
        <div class="status">
          <p role="status">${fineTuneStatus(this.#words, this.#situation)}</p>
          ${isBusy ? html`<p class="hint">${timeLeft(this.#words, this.#situation)}</p>` : nothing}
        </div>
      </div>
    </div>`;
  }

  get #situation(): FineTuneSituation {
    const { state, stage, figures, session, trainedMs, stretchFrom, stageStartedAt } = this;
    return {
      state,
      stage,
      stageStartedAt,
      stretchFrom,
      epochsDone: figures.length,
      epochs: session?.job.settings.epochs ?? this.settings.epochs,
      trainedMs,
      isSoftware: session?.isSoftware === true,
      hasData: this.data !== null,
    };
  }

  #results(): TemplateResult | typeof nothing {
    const { session, judged, data } = this;
    if (session === null || judged.length === 0 || data === null) return nothing;
    const { bytes, onDisk } = session.run.featureMemory;
    return html`<section class="results" part="results" aria-labelledby="judged">
      <header>
        <h2 class="title" id="judged">${this.text(session.run.validationCount > 0 ? 'judgedTitle' : 'judgedTraining')}</h2>
        <button type="button" @click=${() => void this.#saveModel()}>${icon(Save)}${this.text('saveModel')}</button>
      </header>
      <p class="hint summary">${this.text('featuresKept', { bytes: this.bytes(bytes), onDisk: this.number(onDisk, 21) })}</p>
      <gram-judgement exportparts="cards: judged-cards" .judgements=${judged} .from=${data.dataset} .strings=${this.strings}></gram-judgement>
    </section>`;
  }

  async #saveModel(): Promise<void> {
    try {
      saveFile(await this.toModel(), 'mobilenet-v2-fine-tuned.zip');
    } catch (error) {
      this.fail(error);
    }
  }

  async #choose(kind: 'folder' | 'zip' | 'any'): Promise<void> {
    const files = await askForFiles(kind);
    if (files.length > 0) await this.setFiles(files);
  }

  async #toggleCamera(): Promise<void> {
    this.hasCamera = !this.hasCamera;
    await this.updateComplete;
    await this.cameraClasses?.open();
  }

  #shots = ({ shots }: ShotsTakenEvent): void => {
    try {
      this.setData(cameraData(this.text('dataCamera').replace('…', ''), shots));
      this.hasCamera = false;
    } catch (error) {
      this.fail(error);
    }
  };

  /** Does something in a way that can be tried again. */
  #do(act: () => Promise<void>): void {
    this.#retry = act;
    void act();
  }

  #acted = (event: FailureActionEvent): void => {
    this.failure = null;
    this.setState(this.figures.length > 0 ? 'paused' : 'idle');
    // What was trained before the failure is kept: trying again goes on from there.
    if (event.action === 'try-again') void (this.figures.length > 0 ? this.continue() : this.#retry?.());
  };

  async #takeDropped(files: Promise<FileSet>): Promise<void> {
    try {
      const set = await files;
      // A run keeps its pictures until it rests.
      if (this.state !== 'running' && this.state !== 'preparing') await this.setSet(set);
    } catch (error) {
      this.fail(error);
    }
  }
}

define('gram-fine-tune', GramFineTune);

declare global {
  interface HTMLElementTagNameMap {
    'gram-fine-tune': GramFineTune;
  }
}
