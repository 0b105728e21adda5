import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { groupVerdict, type GroupVerdict } from '../../bench/formats/verdict.js';
import { formatResults, RESULT_EXTENSIONS, type ResultExtension } from '../../bench/formats/files.js';
import { benchFile, parseBenchFile, type BenchFile, type BenchGroup, type BenchRun } from '../../bench/result.js';
import { shapeKey, type VariantPins } from '../../engine/select.js';
import { controls } from '../base/controls.js';
import { describeFailure, type Failure } from '../base/failure.js';
import '../base/failure-view.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { saveFile } from '../base/save-file.js';
import { tokens } from '../base/tokens.js';
import { choiceOfLink, linkOf, opOf, requestOf, type BenchChoice } from './bench-choice.js';
import { BenchedEvent, PinnedEvent } from './bench-events.js';
import { benchForm } from './bench-form.js';
import { benchInPage } from './bench-session.js';
import { benchStyles } from './bench-styles.js';
import { devicePins } from './device-pins.js';
import { comparisonOf, comparisonView } from './comparison-view.js';
import { about, figuresTable, groupPlot, runPlots } from './result-view.js';
import { doneText, verdictView } from './verdict-view.js';
import './words.js';

/** A results file is text of some hundred kilobytes. */
const FILE_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Which variant of a kernel is fastest on the visitor's device: every variant is checked, then timed in turns with the others, with live
 * plots. The winner can be kept for this device, results saved and compared with those of another.
 *
 * @element gram-bench
 * @fires {BenchedEvent} gram-benched - A benchmark has ended.
 * @fires {PinnedEvent} gram-pinned - A variant was chosen for a shape on this device.
 * @csspart settings - The form.
 * @csspart primary-button - The button that starts and stops.
 * @csspart results - Everything that was measured.
 * @csspart about - Device, browser, clock and ceilings.
 */
export class GramBench extends GramaryeElement {
  static override styles = [tokens, controls, benchStyles];

  /** What is measured, e.g. `gram`, `conv`, `step`. */
  @property({ reflect: true }) op = 'gram';
  /** Names of shapes or shapes typed by hand, between blanks; empty for the usual ones. */
  @property({ reflect: true }) shape = '';
  /** Ids of variants between commas; empty for all. */
  @property({ reflect: true }) variants = '';
  /** Few shapes, few samples. */
  @property({ type: Boolean, reflect: true }) quick = false;
  /** Reads the choice from the page's address and keeps the address in step with it. */
  @property({ type: Boolean, reflect: true, attribute: 'deep-link' }) deepLink = false;
  /** `idle`, `waiting`, `running`, `done`, `stopped` or `failed`. */
  @property({ reflect: true }) state: 'idle' | 'waiting' | 'running' | 'done' | 'stopped' | 'failed' = 'idle';
  /** A file is over the element. */
  @property({ type: Boolean, reflect: true }) dragging = false;

  @state() private run: BenchRun | null = null;
  @state() private groups: readonly BenchGroup[] = [];
  @state() private progress = { done: 0, total: 0, text: '' };
  @state() private failure: Failure | null = null;
  @state() private loaded: { readonly name: string; readonly file: BenchFile } | null = null;
  @state() private pins: VariantPins = {};
  #stop: AbortController | undefined;
  #startedMs = 0;
  #elapsedMs = 0;
  #adapter: Parameters<typeof devicePins>[0] | undefined;
  #comparison: ReturnType<typeof comparisonOf>;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.deepLink) this.#readLink();
    addEventListener('hashchange', this.#readLink);
    this.addEventListener('dragover', this.#over);
    this.addEventListener('dragleave', this.#left);
    this.addEventListener('drop', this.#dropped);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#readLink);
    this.removeEventListener('dragover', this.#over);
    this.removeEventListener('dragleave', this.#left);
    this.removeEventListener('drop', this.#dropped);
    this.stop();
  }

  /** What was measured last, in the form of a results file; null before. */
  get results(): BenchFile | null {
    return this.run === null ? null : benchFile([this.run]);
  }

  /** Measures what is chosen. Resolves with the run, or null when it was stopped or failed. */
  async start(): Promise<BenchRun | null> {
    this.stop();
    const stop = new AbortController();
    this.#stop = stop;
    this.state = 'waiting';
    this.failure = null;
    this.run = null;
    this.groups = [];
    this.progress = { done: 0, total: 0, text: '' };
    this.#startedMs = performance.now();
    try {
      const run = await benchInPage(requestOf(this.#choice), {
        signal: stop.signal,
        onDevice: (traits) => {
          this.state = 'running';
          this.#adapter = traits;
          void this.#loadPins();
        },
        onProgress: (done, total, text) => {
          this.progress = { done, total, text };
        },
        onGroup: (group) => {
          const index = this.groups.findIndex(({ op, shape }) => op === group.op && shape === group.shape);
          this.groups = index < 0 ? [...this.groups, group] : this.groups.with(index, group);
        },
      });
      this.run = run;
      this.groups = run.groups;
      this.#elapsedMs = performance.now() - this.#startedMs;
      this.state = 'done';
      this.dispatchEvent(new BenchedEvent(run));
      return run;
    } catch (error) {
      // One that was stopped has said so already; another may have begun since.
      if (this.#stop === stop) {
        this.state = 'failed';
        this.failure = describeFailure(error);
      }
      return null;
    } finally {
      if (this.#stop === stop) this.#stop = undefined;
    }
  }

  /** Stops measuring. What was complete stays. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    if (this.state === 'running' || this.state === 'waiting') this.state = 'stopped';
  }

  /** Reads a results file to compare with. A file that is none is shown as a failure. */
  async load(file: File): Promise<void> {
    this.failure = null;
    try {
      this.loaded = { name: file.name, file: parseBenchFile(file.size > FILE_LIMIT_BYTES ? '' : await file.text(), file.name) };
    } catch (error) {
      this.failure = describeFailure(error);
    }
  }

  /** Saves what was measured, in one of the forms of results files. */
  async save(extension: ResultExtension): Promise<void> {
    const file = this.results;
    if (file === null) return;
    saveFile(new Blob([await formatResults(file, extension)], { type: 'application/octet-stream' }), `gramarye-bench${extension}`);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('loaded') || changed.has('run')) this.#comparison = comparisonOf(this.loaded?.file, this.run);
    if (opOf(this.op) === undefined) this.op = 'gram';
    if (this.deepLink && this.hasUpdated && ['op', 'shape', 'variants', 'quick'].some((name) => changed.has(name)))
      history.replaceState(history.state, '', `#${linkOf(this.#choice)}`);
  }

  get #choice(): BenchChoice {
    return {
      op: this.op,
      shape: this.shape,
      variants: this.variants
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
      quick: this.quick,
    };
  }

  #readLink = (): void => {
    const choice = this.deepLink ? choiceOfLink(location.hash) : undefined;
    if (choice !== undefined) this.#choose(choice);
  };

  #choose = (choice: BenchChoice): void => {
    this.op = choice.op;
    this.shape = choice.shape;
    this.variants = choice.variants.join(',');
    this.quick = choice.quick;
  };

  #over = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    this.dragging = true;
  };

  #left = (): void => {
    this.dragging = false;
  };

  #dropped = (event: DragEvent): void => {
    this.dragging = false;
    const file = event.dataTransfer?.files.item(0);
    if (file === null || file === undefined) return;
    event.preventDefault();
    void this.load(file);
  };

  async #loadPins(): Promise<void> {
    if (this.#adapter !== undefined) this.pins = await devicePins(this.#adapter).load();
  }

  async #pin(key: string, variant: string | null): Promise<void> {
    if (this.#adapter === undefined) return;
    const pins = devicePins(this.#adapter);
    await (variant === null ? pins.forget(key) : pins.remember({ [key]: variant }));
    await this.#loadPins();
    this.dispatchEvent(new PinnedEvent(key, variant));
  }

  override render(): TemplateResult {
    return html`<div class="work">
      <form
        class="settings"
        part="settings"
        @submit=${(event: Event) => {
          event.preventDefault();
          if (this.#isBusy) this.stop();
          else void this.start();
        }}
      >
        ${benchForm({ choice: this.#choice, isBusy: this.#isBusy, text: this.text.bind(this), onChange: this.#choose })} ${this.#bar()}
        <div class="files">
          <input
            class="visually-hidden"
            type="file"
            tabindex="-1"
            accept=".json,application/json"
            aria-label=${this.text('benchLoad')}
            @change=${this.#picked}
          />
          <button type="button" class="quiet" @click=${() => this.renderRoot.querySelector<HTMLInputElement>('input[type=file]')?.click()}>
            ${this.text('benchLoad')}
          </button>
          <button type="button" class="quiet" @click=${this.#copyLink}>${this.text('benchLink')}</button>
        </div>
      </form>
      <div class="results" part="results">
        ${this.failure === null ? nothing : html`<gram-failure .failure=${this.failure} .strings=${this.strings} @gram-failure-acted=${this.#acted}></gram-failure>`}
        ${this.groups.length === 0 && this.loaded === null ? this.#invitation() : this.#results()}
      </div>
    </div>`;
  }

  get #isBusy(): boolean {
    return this.state === 'running' || this.state === 'waiting';
  }

  #bar(): TemplateResult {
    const { done, total } = this.progress;
    const words = this.#isBusy ? 'benchStop' : this.run === null ? 'benchRun' : 'benchAgain';
    return html`<div class="bar">
      <button type="submit" class="primary" part="primary-button">${this.text(words)}</button>
      <div class="status">
        <p>${this.#status()}</p>
        ${this.#isBusy ? html`<progress max=${Math.max(total, 1)} .value=${done} aria-label=${this.text('benchRun')}></progress>` : nothing}
      </div>
      <span class="visually-hidden" role="status">${this.#isBusy ? '' : this.#status()}</span>
    </div>`;
  }

  #status(): string {
    const { done, total, text } = this.progress;
    switch (this.state) {
      case 'waiting':
        return this.text('benchWaiting');
      case 'running':
        return total === 0 ? this.text('benchStarting') : this.text('benchProgress', { done, total, text });
      case 'stopped':
        return this.text('benchStopped');
      case 'done':
        return doneText(this.groups, this.duration(this.#elapsedMs), this.text.bind(this));
      case 'idle':
      case 'failed':
        return '';
    }
  }

  #invitation(): TemplateResult {
    return html`<div class="invitation">
      <p class="headline">${this.text('benchInvitation')}</p>
      <p class="hint">${this.text('benchInvitationHint')}</p>
    </div>`;
  }

  #results(): TemplateResult {
    const { run } = this;
    const { loaded, groups } = this;
    const text = this.text.bind(this);
    const unload = (): void => {
      this.loaded = null;
    };
    return html`${loaded === null ? nothing : comparisonView({ ...loaded, run, comparison: this.#comparison, text, onUnload: unload })}
    ${run === null ? nothing : about(run)} ${groups.map((group) => this.#group(group))}
    ${run === null ? nothing : runPlots(run, { roofline: text('benchRoofline'), layers: text('benchLayers'), speed: text('benchSpeed') })}
    ${
      groups.length === 0
        ? nothing
        : html`<details open>
            <summary>${text('benchTable')}</summary>
            ${figuresTable(text('benchTable'), groups)}
          </details>`
    }
    ${
      run === null
        ? nothing
        : html`<div class="files">
            ${text('benchExport')}
            ${RESULT_EXTENSIONS.map(
              (extension) => html`<button type="button" @click=${() => void this.save(extension)}>${extension.slice(1).toUpperCase()}</button>`,
            )}
          </div>`
    }`;
  }

  #group(group: BenchGroup): TemplateResult {
    const verdict = this.run === null ? undefined : groupVerdict(group);
    const problems = group.cases.filter(({ status }) => status === 'wrong' || status === 'failed');
    return html`<section class="group">
      <h2>${group.op} ${group.shape}</h2>
      ${verdict === undefined ? nothing : this.#verdict(group, verdict)}
      ${problems.map(({ variant, reason }) => html`<p class="software">${variant}: ${reason}</p>`)} ${groupPlot(this.text('benchPlot'), group)}
    </section>`;
  }

  #verdict(group: BenchGroup, verdict: GroupVerdict): TemplateResult {
    const key = shapeKey(group.kernel, group.attributes);
    const isPinned = this.pins[key] === verdict.variant;
    const op = opOf(group.op);
    const pin = { isPinned, onPress: () => void this.#pin(key, isPinned ? null : verdict.variant) };
    return verdictView({
      verdict,
      ...(op?.kind === 'kernel' && op.checkedBy === undefined ? { pin } : {}),
      text: this.text.bind(this),
      number: this.number.bind(this),
    });
  }

  #picked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.item(0);
    input.value = '';
    if (file !== null && file !== undefined) void this.load(file);
  };

  #copyLink = (): void => {
    const url = new URL(location.href);
    url.hash = linkOf(this.#choice);
    void navigator.clipboard.writeText(url.href);
  };

  #acted = (event: Event): void => {
    this.failure = null;
    if ((event as Event & { action?: string }).action === 'try-again') void this.start();
  };
}

define('gram-bench', GramBench);

declare global {
  interface HTMLElementTagNameMap {
    'gram-bench': GramBench;
  }
  interface GlobalEventHandlersEventMap {
    'gram-benched': BenchedEvent;
    'gram-pinned': PinnedEvent;
  }
}
