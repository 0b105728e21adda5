import { html, type TemplateResult } from 'lit';
import type { StringKey } from '../base/strings.js';
import type { Wording } from '../labelled/wording.js';

/** What the fields have in common. */
export interface SettingFieldsHelp<Settings> {
  readonly text: Wording['text'];
  readonly isBusy: boolean;
  readonly change: (settings: Partial<Settings>) => void;
}

/** Choices in order, with a value that none of them is. */
function withValue(choices: readonly number[], value: number): readonly number[] {
  return choices.includes(value) ? choices : [...choices, value].sort((a, b) => a - b);
}

function inputOf(event: Event): HTMLInputElement {
  return event.target as HTMLInputElement;
}

/** Labelled fields of a form, each of which changes some settings. */
export class SettingFields<Settings> {
  readonly #help: SettingFieldsHelp<Settings>;

  constructor(help: SettingFieldsHelp<Settings>) {
    this.#help = help;
  }

  /** A slider over some values, which shows the one it is at. */
  slider(
    name: StringKey,
    all: readonly number[],
    value: number,
    show: (value: number) => string,
    settingOf: (value: number) => Partial<Settings>,
  ): TemplateResult {
    const choices = withValue(all, value);
    const shown = show(value);
    const { text, isBusy, change } = this.#help;
    return html`<div class="field">
      <span class="label"><label for=${name}>${text(name)}</label><output for=${name}>${shown}</output></span>
      <input
        id=${name}
        type="range"
        min="0"
        max=${choices.length - 1}
        step="1"
        .value=${String(choices.indexOf(value))}
        aria-valuetext=${shown}
        ?disabled=${isBusy}
        @input=${(event: Event) => {
          change(settingOf(choices[inputOf(event).valueAsNumber] ?? value));
        }}
      />
    </div>`;
  }

  /** One of some words. */
  select(name: StringKey, value: string, choices: readonly (readonly [string, string])[], change: (value: string) => void): TemplateResult {
    const { text, isBusy } = this.#help;
    return html`<div class="field">
      <label class="label" for=${name}>${text(name)}</label>
      <select
        id=${name}
        ?disabled=${isBusy}
        @change=${(event: Event) => {
          change((event.target as HTMLSelectElement).value);
        }}
      >
        ${choices.map(([choice, label]) => html`<option value=${choice} .selected=${choice === value}>${label}</option>`)}
      </select>
    </div>`;
  }

  /** A whole number within limits; what lies beyond is marked and changes nothing. */
  entry(id: string, name: StringKey, value: number, min: number, max: number, settingOf: (value: number) => Partial<Settings>): TemplateResult {
    const { text, isBusy, change } = this.#help;
    return html`<div class="field">
      <label class="label" for=${id}>${text(name)}</label>
      <input
        id=${id}
        type="number"
        required
        min=${min}
        max=${max}
        step="1"
        .value=${String(value)}
        ?disabled=${isBusy}
        @change=${(event: Event) => {
          const input = inputOf(event);
          const isValid = input.checkValidity();
          input.ariaInvalid = isValid ? null : 'true';
          if (isValid) change(settingOf(input.valueAsNumber));
          else input.reportValidity();
        }}
      />
    </div>`;
  }

  /** Yes or no. */
  check(name: StringKey, value: boolean, settingOf: (value: boolean) => Partial<Settings>): TemplateResult {
    const { text, isBusy, change } = this.#help;
    return html`<label class="check"
      ><input
        type="checkbox"
        .checked=${value}
        ?disabled=${isBusy}
        @change=${(event: Event) => {
          change(settingOf(inputOf(event).checked));
        }}
      />${text(name)}</label
    >`;
  }
}
