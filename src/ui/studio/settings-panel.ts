import { css, html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { PRESETS } from '../../tasks/presets.js';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import type { StringKey } from '../base/strings.js';
import { tokens } from '../base/tokens.js';
import { furtherSettings } from './further-settings.js';
import { resolveSettings, type StudioSettings } from './studio-settings.js';

/** One setting was changed; `value` null goes back to what the preset says. */
export class SettingChangedEvent extends Event {
  readonly setting: keyof StudioSettings;
  readonly value: StudioSettings[keyof StudioSettings];
  constructor(setting: keyof StudioSettings, value: StudioSettings[keyof StudioSettings]) {
    super('gram-setting-changed', { bubbles: true });
    this.setting = setting;
    this.value = value;
  }
}

const SIZES = [64, 96, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 2048];
const STEPS = [5, 10, 20, 50, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000];

/** Settings whose change waits for the next start. */
const STRUCTURAL = [
  'net',
  'preset',
  'size',
  'styleSize',
  'startFrom',
  'seed',
  'pooling',
  'optimizer',
  'multiScale',
  'scales',
  'colours',
  'statistic',
  'tile',
  'styleScale',
  'styleLayers',
  'contentLayers',
  'average',
  'precision',
  'memoryBudget',
  'seamless',
] as const satisfies readonly (keyof StudioSettings)[];

function withValue(choices: readonly number[], value: number): readonly number[] {
  return choices.includes(value) ? choices : [...choices, value].sort((a, b) => a - b);
}

/**
 * The settings of a run, the four that matter first. Used inside the studio elements.
 *
 * @fires {SettingChangedEvent} gram-setting-changed - A setting was changed.
 * @csspart panel - The column.
 */
export class GramSettingsPanel extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: block;
      }
      .panel {
        display: grid;
        gap: 0.5rem;
      }
      .more {
        display: grid;
        gap: 0.75rem;
        padding-block: 0.25rem 0.5rem;
      }
      .next {
        margin: 0;
        color: var(--_accent);
        font-size: 0.875em;
      }
      details {
        border-block-start: 1px solid var(--_line);
      }
    `,
  ];

  @property({ attribute: false }) settings!: StudioSettings;
  /** Which presets are offered. */
  @property() task: 'style-transfer' | 'texture-synthesis' = 'style-transfer';
  /** Settings that a run under way was started with, to say which changes wait. */
  @property({ attribute: false }) running: StudioSettings | null = null;
  @property({ attribute: false }) pauseWhenHidden = false;

  override render(): TemplateResult {
    const { settings, running } = this;
    const resolved = resolveSettings(settings);
    const waits = running !== null && STRUCTURAL.some((name) => settings[name] !== running[name]);
    const isTexture = this.task === 'texture-synthesis';
    return html`<div class="panel" part="panel" role="group" aria-label=${this.text('settings')}>
      ${this.#factor('styleStrength', 'styleStrength', settings.styleStrength, 4)} ${this.#factor('smoothness', 'smoothness', resolved.smoothness, 6)}
      ${this.#choice('size', 'size', withValue(SIZES, resolved.size), resolved.size, (pixels) => this.text('sizeValue', { pixels }))}
      ${this.#choice('steps', 'steps', withValue(STEPS, resolved.steps), resolved.steps, (value) => this.number(value, 21))}
      ${waits ? html`<p class="next" role="status">${this.text('takesEffectNext')}</p>` : nothing}
      <details>
        <summary>${this.text('more')}</summary>
        <div class="more">
          ${isTexture ? nothing : this.#factor('contentStrength', 'contentStrength', settings.contentStrength, 6)}
          ${this.#choice('styleSize', 'styleSize', withValue(SIZES, resolved.styleSize), resolved.styleSize, (pixels) => this.text('sizeValue', { pixels }))}
          ${this.#select(
            'preset',
            'preset',
            settings.preset,
            Object.keys(PRESETS)
              .filter((name) => PRESETS[name]?.task === this.task)
              .map((name) => [name, name]),
          )}
          ${this.#select('startFrom', 'startFrom', resolved.startFrom, [
            ...(isTexture ? [] : ([['content', this.text('startContent')]] as const)),
            ['noise', this.text('startNoise')],
            ['grey', this.text('startGrey')],
            ['style', this.text('startStyle')],
            ['picture', this.text('startResult')],
          ])}
          <label class="check"
            ><input
              id="multiScale"
              type="checkbox"
              .checked=${settings.multiScale}
              @change=${(event: Event) => {
                this.#change('multiScale', (event.target as HTMLInputElement).checked);
              }}
            />${this.text('multiScale')}</label
          >
          ${
            isTexture
              ? nothing
              : this.#select('colours', 'colours', resolved.colours, [
                  ['style', this.text('coloursStyle')],
                  ['luminance', this.text('coloursLuminance')],
                  ['covariance', this.text('coloursCovariance')],
                  ['histogram', this.text('coloursHistogram')],
                ])
          }
          ${this.#select('statistic', 'statistic', resolved.statistic, [
            ['gram', this.text('statisticGram')],
            ['wasserstein', this.text('statisticWasserstein')],
          ])}
          ${this.#select('optimizer', 'optimizer', resolved.optimizer, [
            ['adam', this.text('optimizerAdam')],
            ['lbfgs', this.text('optimizerLbfgs')],
          ])}
          ${this.#select('pooling', 'pooling', resolved.pooling, [
            ['max', this.text('poolingMax')],
            ['avg', this.text('poolingAverage')],
          ])}
          ${this.#entry('learningRate', 'learningRate', resolved.learningRate, 'any')} ${this.#entry('seed', 'seed', settings.seed, '1')}
          ${furtherSettings(
            settings,
            isTexture,
            (key) => this.text(key),
            (name, value) => {
              this.#change(name, value);
            },
          )}
          <div class="field">
            <label class="label" for="net">${this.text('net')}</label>
            <input
              id="net"
              .value=${settings.net}
              spellcheck="false"
              autocomplete="off"
              aria-describedby="net-hint"
              @change=${(event: Event) => {
                this.#change('net', (event.target as HTMLInputElement).value.trim());
              }}
            />
            <span class="hint" id="net-hint">${this.text('netHint')}</span>
          </div>
          <label class="check"
            ><input
              type="checkbox"
              .checked=${this.pauseWhenHidden}
              @change=${(event: Event) => this.dispatchEvent(new CustomEvent('gram-pause-when-hidden', { detail: (event.target as HTMLInputElement).checked }))}
            />${this.text('pauseWhenHidden')}</label
          >
        </div>
      </details>
      <slot></slot>
    </div>`;
  }

  /** A slider over powers of two around 1; its left end is 0 where that means something. */
  #factor(name: 'styleStrength' | 'smoothness' | 'contentStrength', words: StringKey, value: number, range: number): TemplateResult {
    const off = name !== 'styleStrength';
    const lowest = -range - (off ? 0.5 : 0);
    const position = value === 0 ? lowest : Math.log2(value);
    const shown = value === 0 ? this.text('off') : this.text('times', { factor: this.number(value, 2) });
    return this.#slider(name, words, { low: lowest, high: range, step: 0.5, position, shown }, (at) => (off && at === lowest ? 0 : 2 ** at));
  }

  /** A slider over some values. */
  #choice(name: 'size' | 'steps' | 'styleSize', words: StringKey, choices: readonly number[], value: number, show: (value: number) => string): TemplateResult {
    const range = { low: 0, high: choices.length - 1, step: 1, position: choices.indexOf(value), shown: show(value) };
    return this.#slider(name, words, range, (at) => choices[at] ?? value);
  }

  #slider(
    name: keyof StudioSettings,
    words: StringKey,
    { low, high, step, position, shown }: { low: number; high: number; step: number; position: number; shown: string },
    valueAt: (position: number) => number,
  ): TemplateResult {
    return html`<div class="field">
      <span class="label"><label for=${name}>${this.text(words)}</label><output for=${name} dir="auto">${shown}</output></span>
      <input
        id=${name}
        type="range"
        min=${low}
        max=${high}
        step=${step}
        .value=${String(position)}
        aria-valuetext=${shown}
        @input=${(event: Event) => {
          this.#change(name, valueAt(Number((event.target as HTMLInputElement).value)));
        }}
      />
    </div>`;
  }

  #select(name: keyof StudioSettings, words: StringKey, value: string, choices: readonly (readonly [string, string])[]): TemplateResult {
    return html`<div class="field">
      <label class="label" for=${name}>${this.text(words)}</label>
      <select
        id=${name}
        @change=${(event: Event) => {
          this.#change(name, (event.target as HTMLSelectElement).value);
        }}
      >
        ${choices.map(([choice, label]) => html`<option value=${choice} .selected=${choice === value}>${label}</option>`)}
      </select>
    </div>`;
  }

  #entry(name: 'learningRate' | 'seed', words: StringKey, value: number, step: string): TemplateResult {
    return html`<div class="field">
      <label class="label" for=${name}>${this.text(words)}</label>
      <input
        id=${name}
        type="number"
        min="0"
        step=${step}
        inputmode="decimal"
        .value=${String(value)}
        @change=${(event: Event) => {
          this.#enter(name, event.target as HTMLInputElement);
        }}
      />
    </div>`;
  }

  #enter(name: 'learningRate' | 'seed', input: HTMLInputElement): void {
    const isValid = input.value !== '' && input.checkValidity();
    input.ariaInvalid = isValid ? null : 'true';
    if (isValid) this.#change(name, input.valueAsNumber);
    else input.reportValidity();
  }

  #change(name: keyof StudioSettings, value: StudioSettings[keyof StudioSettings]): void {
    this.dispatchEvent(new SettingChangedEvent(name, value));
  }
}

define('gram-settings-panel', GramSettingsPanel);

declare global {
  interface HTMLElementTagNameMap {
    'gram-settings-panel': GramSettingsPanel;
  }
  interface GlobalEventHandlersEventMap {
    'gram-setting-changed': SettingChangedEvent;
  }
}
