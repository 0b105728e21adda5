import { html, type TemplateResult } from 'lit';
import { formatStyleLayers, parseContentLayers, parseStyleLayers } from '../../tasks/style-layers.js';
import { parseTile } from '../../tasks/settings.js';
import { messageOf } from '../../engine/errors.js';
import type { StringKey } from '../base/strings.js';
import { parseScales, scalesText } from '../../tasks/multi-scale/scale-text.js';
import { parseStyleScales, resolveSettings, type StudioSettings } from './studio-settings.js';

type Text = (key: StringKey) => string;
type Change = (name: keyof StudioSettings, value: StudioSettings[keyof StudioSettings]) => void;

/** A line of text; empty is what the preset says. `read` throws for what makes no sense. */
function line(
  name: 'styleLayers' | 'contentLayers' | 'styleScale' | 'scales' | 'tile',
  label: string,
  { value, hint, shown, read, change }: { value: string | null; hint: string; shown: string; read: (text: string) => unknown; change: Change },
): TemplateResult {
  return html`<div class="field">
    <label class="label" for=${name}>${label}</label>
    <input
      id=${name}
      .value=${value ?? ''}
      placeholder=${shown}
      spellcheck="false"
      autocomplete="off"
      aria-describedby="${name}-hint"
      @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        const text = input.value.trim();
        let problem = '';
        try {
          if (text !== '') read(text);
        } catch (error) {
          problem = messageOf(error);
        }
        input.setCustomValidity(problem);
        input.ariaInvalid = problem === '' ? null : 'true';
        if (problem === '') change(name, text === '' ? null : text);
        else input.reportValidity();
      }}
    />
    <span class="hint" id="${name}-hint">${hint}</span>
  </div>`;
}

/** A number within a range; empty is what the preset says. */
function number(
  name: 'average' | 'memoryBudget',
  label: string,
  { value, low, high, shown, change }: { value: number | null; low: number; high: number; shown: string; change: Change },
): TemplateResult {
  return html`<div class="field">
    <label class="label" for=${name}>${label}</label>
    <input
      id=${name}
      type="number"
      min=${low}
      max=${high}
      step="any"
      inputmode="decimal"
      placeholder=${shown}
      .value=${value === null ? '' : String(value)}
      @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        const isValid = input.checkValidity();
        input.ariaInvalid = isValid ? null : 'true';
        if (isValid) change(name, input.value === '' ? null : input.valueAsNumber);
        else input.reportValidity();
      }}
    />
  </div>`;
}

/** Settings that few visitors change: scale and layers of the style, average, precision, memory and tiles. */
export function furtherSettings(settings: StudioSettings, isTexture: boolean, text: Text, change: Change): TemplateResult {
  const { preset } = resolveSettings(settings);
  const usual = formatStyleLayers(preset.settings.styleLayers);
  return html`
    ${
      isTexture
        ? html`<label class="check"
            ><input
              id="seamless"
              type="checkbox"
              .checked=${settings.seamless}
              @change=${(event: Event) => {
                change('seamless', (event.target as HTMLInputElement).checked);
              }}
            />${text('seamless')}</label
          >`
        : ''
    }
    ${settings.multiScale ? line('scales', text('scales'), { value: settings.scales, hint: text('scalesHint'), shown: scalesText(preset.settings.scales ?? {}), read: parseScales, change }) : ''}
    ${line('styleScale', text('styleScale'), { value: settings.styleScale, hint: text('styleScaleHint'), shown: '1', read: parseStyleScales, change })}
    ${line('styleLayers', text('styleLayers'), { value: settings.styleLayers, hint: text('styleLayersHint'), shown: usual, read: parseStyleLayers, change })}
    ${
      isTexture
        ? ''
        : line('contentLayers', text('contentLayers'), {
            value: settings.contentLayers,
            hint: text('contentLayersHint'),
            shown: preset.settings.contentLayers.join(', '),
            read: parseContentLayers,
            change,
          })
    }
    ${number('average', text('average'), { value: settings.average, low: 0, high: 0.9999, shown: '0', change })}
    <div class="field">
      <label class="label" for="precision">${text('precision')}</label>
      <select
        id="precision"
        @change=${(event: Event) => {
          change('precision', (event.target as HTMLSelectElement).value);
        }}
      >
        <option value="f32" .selected=${settings.precision !== 'f16'}>${text('precisionFull')}</option>
        <option value="f16" .selected=${settings.precision === 'f16'}>${text('precisionHalf')}</option>
      </select>
    </div>
    ${number('memoryBudget', text('memoryBudget'), { value: settings.memoryBudget, low: 1, high: 1_000_000, shown: '', change })}
    ${line('tile', text('tile'), { value: settings.tile, hint: text('tileHint'), shown: 'auto', read: parseTile, change })}
  `;
}
