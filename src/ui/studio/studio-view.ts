import { html, nothing, type TemplateResult } from 'lit';
import { Download, FileJson, FileUp, RotateCcw, StepForward, Undo2 } from 'lucide';
import type { IconNode } from 'lucide';
import type { FailureActionEvent } from '../base/failure-view.js';
import '../base/failure-view.js';
import { icon } from '../base/icon.js';
import type { ScrubEvent } from '../charts/loss-chart.js';
import '../charts/loss-chart.js';
import { liveOf } from '../run/job.js';
import type { IterateEvent } from '../stage/iterate-strip.js';
import '../stage/iterate-strip.js';
import '../stage/picture-stage.js';
import type { SettingChangedEvent } from './settings-panel.js';
import './settings-panel.js';
import { StudioResults } from './studio-results.js';
import { resolveSettings } from './studio-settings.js';

/** Sizes that are offered where a smaller one helps. */
const SMALLER_PX = [64, 96, 128, 192, 256, 384, 512, 768, 1024];
/** The size at which a processor alone still shows a result within minutes. */
const SOFTWARE_PX = 128;
/** A live region says the progress this often. */
const ANNOUNCE_STEPS = 10;

/** The studio's layout, the same for both tasks. */
export abstract class StudioView extends StudioResults {
  #announced = '';

  /** The wells beside the picture. */
  protected abstract renderWells(): TemplateResult;

  /** What the stage shows before there is a result. */
  protected abstract get preview(): Blob | null;

  /** Words for the picture, for people who cannot see it. */
  protected abstract get resultLabel(): string;

  override render(): TemplateResult {
    const { session, failure } = this;
    const preview = this.preview;
    const isEmpty = preview === null && (this.state === 'idle' || (this.state === 'preparing' && session?.prepared === undefined));
    return html`<div class="studio" part="studio">
      <div class="wells" part="wells">${this.renderWells()}<slot name="wells"></slot></div>
      <gram-picture-stage
        class="stage"
        part="stage"
        exportparts="canvas, before, divider"
        .label=${this.resultLabel}
        .preview=${preview}
        .strings=${this.strings}
        @dragover=${this.#dragOver}
        @drop=${this.#drop}
      >
        ${
          failure !== null
            ? html`<gram-failure
                .failure=${failure}
                .values=${{ step: this.step }}
                .smaller=${this.#smaller}
                .strings=${this.strings}
                @gram-failure-acted=${this.#failureActed}
              ></gram-failure>`
            : isEmpty
              ? html`<p class="blank"><slot name="empty">${this.text('emptyStage')}</slot></p>`
              : nothing
        }
      </gram-picture-stage>
      <div class="settings" part="settings">
        <gram-settings-panel
          .settings=${this.settings}
          .task=${this.task}
          .running=${this.startedWith}
          .pauseWhenHidden=${this.pauseWhenHidden}
          .strings=${this.strings}
          @gram-setting-changed=${this.#settingChanged}
          @gram-pause-when-hidden=${(event: CustomEvent<boolean>) => {
            this.pauseWhenHidden = event.detail;
          }}
          ><slot name="settings"></slot
        ></gram-settings-panel>
      </div>
      ${this.#bar()} ${this.#tools()} ${this.#time()}
    </div>`;
  }

  #bar(): TemplateResult {
    return html`<div class="bar" part="bar">
      <button type="button" class="primary" part="primary-button" @click=${this.#primary}>${this.#primaryWord}</button>
      <div class="status" part="status">${this.#status()}</div>
      <span class="visually-hidden" role="status">${this.#announcement()}</span>
    </div>`;
  }

  #tools(): TemplateResult {
    const { state } = this;
    const rests = state === 'paused' || state === 'finished';
    const hasPicture = (this.session?.prepared ?? this.session?.lastKept) !== undefined && state !== 'preparing';
    const top = this.undoStack.top;
    const undoWords = top === undefined ? this.text('undoNothing') : this.text('undo', { what: this.text(top.what, top.values) });
    return html`<div class="tools" part="tools">
      ${this.#tool(StepForward, this.text('stepOnce'), state !== 'running' && state !== 'preparing', () => void this.takeStep())}
      ${this.#tool(RotateCcw, this.text('reset'), rests && this.step > 0, () => void this.reset())}
      ${this.#tool(Undo2, undoWords, top !== undefined && state !== 'preparing', () => void this.undo())}
      ${this.#tool(FileUp, this.text('openResult'), true, this.#pickResult)}
      ${this.#tool(Download, this.text('download'), hasPicture, () => void this.download())}
      ${this.#tool(FileJson, this.text('downloadTrace'), this.trace.length > 0, () => {
        this.downloadTrace();
      })}
      <slot name="tools"></slot>
      <input type="file" class="open-result" accept="image/png" hidden @change=${this.#pickedResult} />
    </div>`;
  }

  #tool(node: IconNode, words: string, enabled: boolean, act: () => void): TemplateResult {
    return html`<button type="button" class="icon" aria-label=${words} title=${words} ?disabled=${!enabled} @click=${act}>${icon(node)}</button>`;
  }

  get #primaryWord(): string {
    switch (this.state) {
      case 'idle':
      case 'failed':
        return this.text('start');
      case 'preparing':
        return this.text('cancel');
      case 'running':
        return this.text('pause');
      case 'paused':
        if (this.isStale) return this.text('startAgain');
        return this.selected === null ? this.text('continue') : this.text('continueFrom', { step: this.selected.step });
      case 'finished':
        if (!this.isStale && this.selected !== null) return this.text('continueFrom', { step: this.selected.step });
        return !this.isStale && this.step < (this.session?.steps ?? 0) ? this.text('continue') : this.text('startAgain');
    }
  }

  #primary = (): void => {
    const { state } = this;
    const mayGoOn = !this.isStale && (this.selected !== null || this.step < (this.session?.steps ?? 0));
    if (state === 'preparing') void this.cancel();
    else if (state === 'running') void this.pause();
    else if ((state === 'paused' || state === 'finished') && mayGoOn) void this.continue();
    else void this.start();
  };

  /** Two lines: what is going on, and what someone might act on. */
  #status(): TemplateResult {
    const { session, state } = this;
    const steps = session?.steps ?? 0;
    const counted = { step: this.number(this.step, 21), steps: this.number(steps, 21) };
    if (state === 'preparing' || session?.stage !== undefined) return html`<p>${this.stageWords}</p>`;
    if (state === 'running') {
      const left = session?.stepMs === undefined ? '' : this.text('timeLeft', { time: this.duration(session.stepMs * Math.max(0, steps - this.step)) });
      return html`<p>${this.text('progress', counted)}${left === '' ? nothing : html` · ${left}`}</p>
        <p class="hint">${this.#lossWords}</p>`;
    }
    if (state === 'paused')
      return html`<p>${this.text('paused', counted)}</p>
        <p class="hint">${this.#lossWords}</p>`;
    if (state === 'finished') {
      return html`<p>${this.text('finished', { steps: counted.step, time: this.duration(session?.activeMs ?? 0) })}</p>
        <p class="hint">${this.#lossWords}</p>`;
    }
    const { memoryBytes, timeMs } = this.estimate;
    const time = timeMs === undefined ? this.text('estimateUnknown') : this.text('estimateTime', { time: this.duration(timeMs) });
    return html`<p>${this.text('estimate', { memory: this.bytes(memoryBytes) })}</p>
      <p class="hint">${time}</p>`;
  }

  get #lossWords(): string {
    const last = this.trace.at(-1);
    const memory = this.session?.prepared === undefined ? '' : this.text('memoryNote', { memory: this.bytes(this.session.prepared.memoryBytes) });
    return [last === undefined ? '' : this.text('loss', { loss: this.number(last.total) }), memory].filter((part) => part !== '').join(' · ');
  }

  /** The stage of the preparation in words. */
  protected get stageWords(): string {
    const progress = this.session?.stage;
    if (progress === undefined) return this.text('stagePictures');
    const { stage, done, total } = progress;
    const counted = { done: this.number(done, 21), total: this.number(total, 21) };
    switch (stage) {
      case 'engine':
        return this.text('stageEngine');
      case 'turn':
        return this.text('stageTurn');
      case 'pictures':
        return this.text('stagePictures');
      case 'net':
        return total === 0 ? this.text('stageNet') : this.text('stageNetBytes', { done: this.bytes(done), total: this.bytes(total) });
      case 'styles':
        return this.text('stageStyles', { ...counted, done: this.number(done + 1, 21) });
      case 'content':
        return this.text('stageContent');
      case 'compiling':
        return this.text('stageCompiling', counted);
      case 'tuning':
        return this.text('stageTuning', counted);
      case 'recovering':
        return this.text('stageRecovering', { step: this.number(this.step, 21) });
    }
  }

  /** What a screen reader is told: changes of state, and the progress now and then. */
  #announcement(): string {
    const { state } = this;
    const steps = this.session?.steps ?? 0;
    const due = Math.floor((this.step / Math.max(1, steps)) * ANNOUNCE_STEPS);
    const key = state === 'running' ? `${state} ${String(due)}` : state;
    const [known = '', words = ''] = this.#announced.split('\n');
    if (known === key) return words;
    const counted = { step: this.number(this.step, 21), steps: this.number(steps, 21) };
    const next = {
      idle: '',
      failed: '',
      preparing: this.text('stagePictures'),
      running: this.text('progress', counted),
      paused: this.text('paused', counted),
      finished: this.text('finished', { steps: counted.step, time: this.duration(this.session?.activeMs ?? 0) }),
    }[state];
    this.#announced = `${key}\n${next}`;
    return next;
  }

  #time(): TemplateResult {
    const { session } = this;
    const stage = session?.stage;
    const known = stage !== undefined && stage.total > 0;
    const value = this.state === 'preparing' ? (known ? stage.done / stage.total : 0) : session === null ? 0 : this.step / Math.max(1, session.steps);
    const live = session === null ? undefined : liveOf(session.job.settings);
    const isSoftware = session?.lease?.engine.traits.isSoftware === true;
    return html`<div class="time" part="time">
      <progress max="1" .value=${value} aria-label=${this.text('steps')}></progress>
      ${isSoftware || this.notice !== '' ? html`<div class="notices">${this.#notices(isSoftware)}</div>` : nothing}
      ${
        session === null || this.trace.length === 0
          ? nothing
          : html`<gram-loss-chart
                part="chart"
                .trace=${[...this.trace]}
                .weights=${{ style: live?.styleWeight ?? 1, content: live?.contentWeight ?? 1, tv: live?.tvWeight ?? 1 }}
                .strings=${this.strings}
                @gram-scrubbed=${this.#scrubbed}
              ></gram-loss-chart>
              <gram-iterate-strip
                part="iterates"
                .iterates=${this.iterates}
                .selected=${this.selected?.id ?? 0}
                .strings=${this.strings}
                @gram-iterate-selected=${(event: IterateEvent) => {
                  this.showIterate(event.iterate);
                }}
                @gram-iterate-returned=${(event: IterateEvent) => {
                  if (event.iterate !== null) void this.returnTo(event.iterate);
                }}
                @gram-iterate-branched=${(event: IterateEvent) => {
                  if (event.iterate !== null) void this.branchFrom(event.iterate);
                }}
              ></gram-iterate-strip>`
      }
      <slot name="time"></slot>
    </div>`;
  }

  #notices(isSoftware: boolean): TemplateResult {
    const { size } = resolveSettings(this.settings);
    return html`${
      isSoftware
        ? html`<p class="notice" part="notice">
            ${this.text('software')}
            ${
              size > SOFTWARE_PX
                ? html`<button
                    type="button"
                    class="quiet"
                    @click=${() => {
                      this.#restartAt(SOFTWARE_PX);
                    }}
                  >
                    ${this.text('softwareSmaller', { pixels: SOFTWARE_PX })}
                  </button>`
                : nothing
            }
          </p>`
        : nothing
    }${this.notice === '' ? nothing : html`<p class="notice" part="notice" role="status">${this.notice}</p>`}`;
  }

  get #smaller(): number {
    const { size } = resolveSettings(this.settings);
    return [...SMALLER_PX].reverse().find((pixels) => pixels <= size * 0.75) ?? 0;
  }

  #restartAt(pixels: number): void {
    this.change('size', pixels);
    void this.start();
  }

  #failureActed = (event: FailureActionEvent): void => {
    if (event.action === 'smaller') this.#restartAt(this.#smaller);
    else if (event.action === 'dismiss') {
      this.failure = null;
      if (this.session === null) void this.cancel();
      else this.session.settle();
    } else if (this.session !== null && this.session.step > 0) void this.continue();
    else void this.start();
  };

  #settingChanged = (event: SettingChangedEvent): void => {
    this.change(event.setting, event.value);
  };

  #scrubbed = (event: ScrubEvent): void => {
    const near =
      event.step === null ? undefined : this.iterates.findLast(({ step, line }) => line === (this.session?.iterates.line ?? 1) && step <= (event.step ?? 0));
    if (this.state === 'running') return;
    this.showIterate(near ?? null);
  };

  #pickResult = (): void => {
    this.renderRoot.querySelector<HTMLInputElement>('.open-result')?.click();
  };

  #pickedResult = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file !== undefined) void this.restore(file, file.name);
    input.value = '';
  };

  #dragOver = (event: DragEvent): void => {
    event.preventDefault();
  };

  #drop = (event: DragEvent): void => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void this.restore(file, file.name);
  };
}
