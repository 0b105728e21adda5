import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { StringKey } from '../base/strings.js';
import { OPS, opOf, type BenchChoice } from './bench-choice.js';

/** What the form shows and whom it tells. */
export interface BenchFormModel {
  readonly choice: BenchChoice;
  /** While measuring nothing can be changed. */
  readonly isBusy: boolean;
  readonly text: (key: StringKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly onChange: (choice: BenchChoice) => void;
}

function variantBoxes({ choice, isBusy, text, onChange }: BenchFormModel, ids: readonly string[]): TemplateResult | typeof nothing {
  if (ids.length < 2) return nothing;
  const toggle = (id: string, isOn: boolean): void => {
    onChange({ ...choice, variants: ids.filter((one) => (one === id ? isOn : choice.variants.includes(one))) });
  };
  return html`<fieldset class="variants" ?disabled=${isBusy}>
    <legend>${text('benchVariants')}</legend>
    <span class="hint">${text('benchVariantsHint')}</span>
    ${ids.map(
      (id) =>
        html`<label class="check"
          ><input
            type="checkbox"
            name="variant"
            value=${id}
            .checked=${live(choice.variants.includes(id))}
            @change=${(event: Event) => {
              toggle(id, (event.target as HTMLInputElement).checked);
            }}
          />${id}</label
        >`,
    )}
  </fieldset>`;
}

/** Fields for op, shape, variants and speed. */
export function benchForm(model: BenchFormModel): TemplateResult {
  const { choice, isBusy, text, onChange } = model;
  const op = opOf(choice.op);
  const usual = op?.shapes.filter(({ isQuick, isStandard }) => (choice.quick ? isQuick : isStandard) === true).length ?? 0;
  return html`<label class="field"
      ><span class="label">${text('benchOp')}</span>
      <select
        name="op"
        ?disabled=${isBusy}
        .value=${live(choice.op)}
        @change=${(event: Event) => {
          onChange({ ...choice, op: (event.target as HTMLSelectElement).value, shape: '', variants: [] });
        }}
      >
        ${OPS.map(({ id }) => html`<option value=${id} .selected=${id === choice.op}>${id}</option>`)}
      </select>
      <span class="hint">${op?.summary}</span></label
    >
    <label class="field"
      ><span class="label">${text('benchShape')}</span>
      <input
        name="shape"
        list="shapes"
        autocomplete="off"
        spellcheck="false"
        ?disabled=${isBusy}
        .value=${live(choice.shape)}
        @change=${(event: Event) => {
          onChange({ ...choice, shape: (event.target as HTMLInputElement).value.trim() });
        }}
      />
      <datalist id="shapes">${op?.shapes.map(({ name }) => html`<option value=${name}></option>`)}</datalist>
      <span class="hint">${text('benchShapeHint', { count: usual, dimensions: op?.dimensions.join('×') ?? '' })}</span></label
    >
    ${variantBoxes(model, op?.kernel?.variants.map(({ id }) => id) ?? [])}
    <label class="check"
      ><input
        type="checkbox"
        name="quick"
        ?disabled=${isBusy}
        .checked=${live(choice.quick)}
        @change=${(event: Event) => {
          onChange({ ...choice, quick: (event.target as HTMLInputElement).checked });
        }}
      />${text('benchQuick')}</label
    >`;
}
