import { html, nothing, type TemplateResult } from 'lit';
import type { FineTuneSettings, Schedule } from '../../tasks/fine-tuning/settings.js';
import type { Wording } from '../labelled/wording.js';
import { SettingFields } from './setting-fields.js';

/** What the form needs of its element. */
export interface SettingsFormHelp {
  readonly words: Wording;
  readonly settings: FineTuneSettings;
  readonly preset: 'default' | 'chapter';
  readonly net: string;
  readonly isBusy: boolean;
  /** As Keras counts them; undefined before the classes are known. */
  readonly counts: { readonly total: number; readonly trainable: number; readonly layers: number; readonly first: string };
  readonly change: (settings: Partial<FineTuneSettings>) => void;
  readonly changePreset: (preset: 'default' | 'chapter') => void;
  readonly changeNet: (net: string) => void;
}

const EPOCHS = [1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 100, 150, 200];
const BATCHES = [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128];
const RATES = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const SHARES = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];
const PATIENCES = [1, 2, 3, 5, 8, 10, 20];
const BUDGETS = [64, 128, 256, 512, 1_024, 2_048, 4_096].map((megabytes) => megabytes * 1024 ** 2);

function inputOf(event: Event): HTMLInputElement {
  return event.target as HTMLInputElement;
}

/** The settings of a run: the four that matter first, the rest under "More". */
export class SettingsForm {
  readonly #help: SettingsFormHelp;
  readonly #fields: SettingFields<FineTuneSettings>;

  constructor(help: SettingsFormHelp) {
    this.#help = help;
    this.#fields = new SettingFields({ text: help.words.text, isBusy: help.isBusy, change: help.change });
  }

  /** The whole form. */
  render(): TemplateResult {
    const {
      words: { text, number },
      settings,
      isBusy,
      counts,
      preset,
      net,
      change,
      changePreset,
      changeNet,
    } = this.#help;
    const { total, trainable, layers, first } = counts;
    return html`<div class="settings-form" role="group" aria-label=${text('settings')}>
      <div class="field">
        <span class="label"
          ><label for="trainLast">${text('trainLast')}</label
          ><output for="trainLast">${text('trainLastValue', { count: settings.trainLast, layers })}</output></span
        >
        <input
          id="trainLast"
          type="range"
          min="1"
          max=${layers - 1}
          .value=${String(settings.trainLast)}
          aria-valuetext=${text('trainLastValue', { count: settings.trainLast, layers })}
          aria-describedby="counts"
          ?disabled=${isBusy}
          @input=${(event: Event) => {
            change({ trainLast: inputOf(event).valueAsNumber });
          }}
        />
        <span class="hint" id="counts">${text('parameters', { trainable: number(trainable, 21), total: number(total, 21), layer: first })}</span>
      </div>
      ${this.#fields.slider(
        'epochs',
        EPOCHS,
        settings.epochs,
        (value) => number(value, 21),
        (epochs) => ({ epochs }),
      )}
      ${this.#fields.slider(
        'learningRate',
        RATES,
        settings.learningRate,
        (value) => number(value, 3),
        (learningRate) => ({ learningRate }),
      )}
      ${this.#fields.slider(
        'batchSize',
        BATCHES,
        settings.batchSize,
        (value) => number(value, 21),
        (batchSize) => ({ batchSize }),
      )}
      <details>
        <summary>${text('more')}</summary>
        <div class="more">
          ${this.#fields.select(
            'preset',
            preset,
            [
              ['default', text('finePresetDefault')],
              ['chapter', text('finePresetChapter')],
            ],
            (value) => {
              changePreset(value === 'chapter' ? 'chapter' : 'default');
            },
          )}
          <div class="field">
            <label class="label" for="net">${text('model')}</label>
            <input
              id="net"
              .value=${net}
              spellcheck="false"
              autocomplete="off"
              aria-describedby="net-hint"
              ?disabled=${isBusy}
              @change=${(event: Event) => {
                changeNet(inputOf(event).value.trim());
              }}
            />
            <span class="hint" id="net-hint">${text('modelHint')}</span>
          </div>
          ${this.#optimizer()} ${this.#split()} ${this.#augmentation()} ${this.#rest()}
        </div>
      </details>
    </div>`;
  }

  #optimizer(): TemplateResult {
    const {
      words: { text, number },
      settings,
      change,
    } = this.#help;
    const scheduleOf = (kind: string): Schedule =>
      kind === 'cosine'
        ? { kind, floor: 0.02 }
        : kind === 'step'
          ? { kind, epochs: Math.max(1, Math.ceil(settings.epochs / 3)), factor: 0.1 }
          : { kind: 'constant' };
    return html`${this.#fields.select(
      'optimizer',
      settings.optimizer,
      [
        ['sgd', text('optimizerSgd')],
        ['adam', text('optimizerAdam')],
      ],
      (value) => {
        // Adam's steps do not shrink with the gradient: a rate that suits SGD runs away.
        change(value === 'adam' ? { optimizer: 'adam', learningRate: 1e-3 } : { optimizer: 'sgd', learningRate: 0.01 });
      },
    )}
    ${
      settings.optimizer === 'sgd'
        ? this.#fields.slider(
            'momentum',
            [0, 0.5, 0.8, 0.9, 0.95, 0.99],
            settings.momentum,
            (value) => number(value),
            (momentum) => ({ momentum }),
          )
        : nothing
    }
    ${this.#fields.select(
      'schedule',
      settings.schedule.kind,
      [
        ['constant', text('scheduleConstant')],
        ['cosine', text('scheduleCosine')],
        ['step', text('scheduleStep')],
      ],
      (value) => {
        change({ schedule: scheduleOf(value) });
      },
    )}`;
  }

  #split(): TemplateResult {
    const {
      words: { text, percent },
      settings,
      change,
    } = this.#help;
    return html`${this.#fields.slider('validationShare', SHARES, settings.validationShare, percent, (validationShare) => ({
      validationShare,
      ...(validationShare === 0 ? { earlyStopping: undefined } : {}),
    }))}
    ${this.#fields.select(
      'split',
      settings.split,
      [
        ['stratified', text('splitStratified')],
        ['last', text('splitLast')],
      ],
      (value) => {
        change({ split: value === 'last' ? 'last' : 'stratified' });
      },
    )}
    ${this.#fields.select(
      'classOrder',
      settings.classOrder,
      [
        ['alphabetical', text('classOrderAlphabetical')],
        ['first-appearance', text('classOrderFirst')],
      ],
      (value) => {
        change({ classOrder: value === 'alphabetical' ? 'alphabetical' : 'first-appearance' });
      },
    )}`;
  }

  #augmentation(): TemplateResult {
    const {
      words: { text, number, percent },
      settings,
    } = this.#help;
    const { augmentation } = settings;
    const copies = this.#fields.slider(
      'copies',
      [0, 1, 2, 3, 4, 6, 8],
      augmentation.copies,
      (value) => (value === 0 ? text('off') : number(value)),
      (value) => ({
        augmentation: { ...augmentation, copies: value },
      }),
    );
    if (augmentation.copies === 0) return copies;
    return html`${copies} ${this.#fields.check('flip', augmentation.flip, (flip) => ({ augmentation: { ...augmentation, flip } }))}
    ${this.#fields.slider('zoom', [0, 0.1, 0.2, 0.3, 0.4, 0.5], augmentation.zoom, percent, (zoom) => ({ augmentation: { ...augmentation, zoom } }))}
    ${this.#fields.slider('brightness', [0, 0.05, 0.1, 0.2, 0.3, 0.5], augmentation.brightness, percent, (brightness) => ({
      augmentation: { ...augmentation, brightness },
    }))}`;
  }

  #rest(): TemplateResult {
    const {
      words: { text, bytes },
      settings,
    } = this.#help;
    const patience = settings.earlyStopping?.patience ?? 0;
    return html`${this.#fields.check('balance', settings.balanceClasses, (balanceClasses) => ({ balanceClasses }))}
    ${this.#fields.slider(
      'early',
      [0, ...PATIENCES],
      settings.validationShare === 0 ? 0 : patience,
      (value) => (value === 0 ? text('earlyNever') : text('earlyAfter', { count: value })),
      (value) => ({ earlyStopping: value === 0 || settings.validationShare === 0 ? undefined : { patience: value } }),
    )}
    ${this.#fields.entry('size', 'inputSize', settings.size, 32, 1_024, (size) => ({ size }))}
    ${this.#fields.entry('seed', 'seedRun', settings.seed, 0, 2 ** 31, (seed) => ({ seed }))}
    ${this.#fields.slider('budget', BUDGETS, settings.memoryBudgetBytes, bytes, (memoryBudgetBytes) => ({ memoryBudgetBytes }))}`;
  }
}
