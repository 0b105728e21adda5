import { html, nothing, type TemplateResult } from 'lit';
import type { StringKey } from '../base/strings.js';

/** What the settings change. */
export interface ClassifierSettingsTarget {
  readonly mode: 'classify' | 'evaluate';
  net: string;
  preset: 'default' | 'chapter';
  resize: 'squash' | 'crop' | null;
  size: number | null;
  top: number;
  /** Classifies addresses. */
  classify(pictures: readonly string[]): Promise<void>;
}

/** What they need of their element. */
export interface ClassifierSettingsHelp {
  readonly text: (key: StringKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly isBusy: boolean;
  readonly netFiles: readonly File[] | null;
  readonly labelsFile: File | null;
  readonly chooseNet: () => void;
  readonly chooseLabels: () => void;
  readonly forgetNet: () => void;
  readonly forgetLabels: () => void;
}

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}

/** A field that takes a whole number, or nothing. */
function numberField(options: {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  readonly isBusy: boolean;
  readonly change: (value: number | null) => void;
}): TemplateResult {
  const { id, label, hint, value, min, max, isBusy, change } = options;
  return html`<div class="field">
    <label class="label" for=${id}>${label}</label>
    <input
      id=${id}
      type="number"
      min=${min}
      max=${max}
      step="1"
      placeholder=${hint}
      .value=${value === null ? '' : String(value)}
      ?disabled=${isBusy}
      @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        const isValid = input.checkValidity();
        input.ariaInvalid = isValid ? null : 'true';
        if (isValid) change(input.value === '' ? null : input.valueAsNumber);
        else input.reportValidity();
      }}
    />
  </div>`;
}

/** The settings of gram-classifier: an address to fetch, the network first, conventions under "More". */
export function classifierSettings(target: ClassifierSettingsTarget, help: ClassifierSettingsHelp): TemplateResult {
  const { text, isBusy, netFiles, labelsFile } = help;
  const address = html`<form
    class="field"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const url = new FormData(event.target as HTMLFormElement).get('url');
      if (typeof url === 'string') void target.classify([url]);
    }}
  >
    <label class="label" for="url">${text('chooseUrl')}</label>
    <input id="url" name="url" type="url" required placeholder="https://" autocomplete="off" ?disabled=${isBusy} />
    <button ?disabled=${isBusy}>${text('chooseOpen')}</button>
  </form>`;
  return html`${target.mode === 'classify' ? address : nothing}
    <div class="field">
      <label class="label" for="net">${text('model')}</label>
      ${
        netFiles === null
          ? html`<input
              id="net"
              .value=${target.net}
              spellcheck="false"
              autocomplete="off"
              aria-describedby="net-hint"
              ?disabled=${isBusy}
              @change=${(event: Event) => {
                target.net = valueOf(event).trim();
              }}
            />`
          : html`<input id="net" readonly .value=${text('modelIs', { name: netFiles[0]?.name ?? '' })} aria-describedby="net-hint" />`
      }
      <span class="hint" id="net-hint">${text('modelHint')}</span>
      ${
        netFiles === null
          ? html`<button type="button" ?disabled=${isBusy} @click=${help.chooseNet}>${text('modelFile')}</button>`
          : html`<button type="button" ?disabled=${isBusy} @click=${help.forgetNet}>${text('modelBack')}</button>`
      }
    </div>
    <details>
      <summary>${text('more')}</summary>
      <div class="settings">
        <div class="field">
          <label class="label" for="preset">${text('classifierPreset')}</label>
          <select
            id="preset"
            ?disabled=${isBusy}
            @change=${(event: Event) => {
              target.preset = valueOf(event) === 'chapter' ? 'chapter' : 'default';
            }}
          >
            <option value="default" .selected=${target.preset === 'default'}>${text('classifierPresetDefault')}</option>
            <option value="chapter" .selected=${target.preset === 'chapter'}>${text('classifierPresetChapter')}</option>
          </select>
        </div>
        <div class="field">
          <label class="label" for="resize">${text('resizeMode')}</label>
          <select
            id="resize"
            ?disabled=${isBusy}
            @change=${(event: Event) => {
              const value = valueOf(event);
              target.resize = value === 'crop' || value === 'squash' ? value : null;
            }}
          >
            <option value="" .selected=${target.resize === null}>${text('resizeAuto')}</option>
            <option value="crop" .selected=${target.resize === 'crop'}>${text('resizeCrop')}</option>
            <option value="squash" .selected=${target.resize === 'squash'}>${text('resizeSquash')}</option>
          </select>
        </div>
        ${numberField({
          id: 'size',
          label: text('inputSize'),
          hint: text('inputSizeAuto'),
          value: target.size,
          min: 32,
          max: 1024,
          isBusy,
          change: (value) => {
            target.size = value;
          },
        })}
        ${numberField({
          id: 'top',
          label: text('topCount'),
          hint: '5',
          value: target.top,
          min: 1,
          max: 20,
          isBusy,
          change: (value) => {
            target.top = value ?? 5;
          },
        })}
        <div class="field">
          ${labelsFile === null ? nothing : html`<span>${text('labelsIs', { name: labelsFile.name })}</span>`}
          ${
            labelsFile === null
              ? html`<button type="button" ?disabled=${isBusy} @click=${help.chooseLabels}>${text('labelsFile')}</button>`
              : html`<button type="button" ?disabled=${isBusy} @click=${help.forgetLabels}>${text('clearAll')}</button>`
          }
        </div>
      </div>
    </details>`;
}
