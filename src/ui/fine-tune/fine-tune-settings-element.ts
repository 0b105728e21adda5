import { property } from 'lit/decorators.js';
import { EMBEDDED_BACKBONE } from '../../models/mobilenet/classifier-net.js';
import { FINE_TUNE_PRESETS, type FineTuneSettings } from '../../tasks/fine-tuning/settings.js';
import { GramaryeElement } from '../base/gramarye-element.js';

/** Settings that are attributes of their own, for they matter most. */
const OWN = ['trainLast', 'epochs', 'learningRate', 'batchSize', 'optimizer', 'validationShare', 'size', 'seed'] as const;

/** The settings of gram-fine-tune: attributes, all others in `more`, and the preset behind them. */
export abstract class FineTuneSettingsElement extends GramaryeElement {
  /** Backbone: a name (`mobilenet-v2-oid`, `mobilenet-v2`) or the address of a model file. */
  @property({ reflect: true }) net = EMBEDDED_BACKBONE;
  /** `default` or `chapter`: what fills in what is not set. */
  @property({ reflect: true }) preset: keyof typeof FINE_TUNE_PRESETS = 'default';
  /** Layers from the end that are trained, counted as Keras counts them. */
  @property({ type: Number, reflect: true, attribute: 'train-last' }) trainLast: number | null = null;
  /** Epochs in all. */
  @property({ type: Number, reflect: true }) epochs: number | null = null;
  /** Learning rate at the start. */
  @property({ type: Number, reflect: true, attribute: 'learning-rate' }) learningRate: number | null = null;
  /** Pictures a step. */
  @property({ type: Number, reflect: true, attribute: 'batch-size' }) batchSize: number | null = null;
  /** `sgd` or `adam`. */
  @property({ reflect: true }) optimizer: FineTuneSettings['optimizer'] | null = null;
  /** Share of the pictures that is held back. */
  @property({ type: Number, reflect: true, attribute: 'validation-share' }) validationShare: number | null = null;
  /** Side that pictures are brought to, in px. */
  @property({ type: Number, reflect: true }) size: number | null = null;
  /** Seed of the split, the order and the new layer. */
  @property({ type: Number, reflect: true }) seed: number | null = null;
  /** All other settings that differ from the preset's. */
  @property({ attribute: false }) more: Partial<FineTuneSettings> = {};

  /** All settings, filled in by the preset. */
  get settings(): FineTuneSettings {
    const given = OWN.map((name) => [name, this[name]] as const).filter(([, value]) => value !== null);
    return { ...FINE_TUNE_PRESETS[this.preset === 'chapter' ? 'chapter' : 'default'], ...this.more, ...Object.fromEntries(given) };
  }

  /** Changes some settings; those with an attribute of their own go there. */
  protected changeSettings(changed: Partial<FineTuneSettings>): void {
    const more: Record<string, unknown> = { ...this.more };
    for (const [name, value] of Object.entries(changed)) {
      if (OWN.some((own) => own === name)) Object.assign(this, { [name]: value });
      else more[name] = value;
    }
    this.more = more;
  }

  /** Goes back to what a preset says. */
  protected usePreset(preset: keyof typeof FINE_TUNE_PRESETS): void {
    this.preset = preset;
    this.more = {};
    for (const name of OWN) Object.assign(this, { [name]: null });
  }

  /** Takes up the net and the settings of an earlier run. */
  protected takeSettings(net: string, settings: FineTuneSettings): void {
    this.net = net;
    for (const name of OWN) Object.assign(this, { [name]: settings[name] });
    this.more = settings;
  }
}
