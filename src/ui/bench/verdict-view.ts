import { html, nothing, type TemplateResult } from 'lit';
import type { BenchGroup } from '../../bench/result.js';
import type { GroupVerdict } from '../../bench/formats/verdict.js';
import type { StringKey } from '../base/strings.js';

/** What is shown of a verdict and what can be done about it. */
export interface VerdictModel {
  readonly verdict: GroupVerdict;
  /** Undefined where there is no call that an engine could choose for: stages, steps, starts. */
  readonly pin?: { readonly isPinned: boolean; readonly onPress: () => void };
  readonly text: (key: StringKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly number: (value: number, digits?: number) => string;
}

/** The answer for a group in a sentence, and the button that keeps the winner. */
export function verdictView({ verdict: { variant, medianMs, rival, isShown }, pin, text, number }: VerdictModel): TemplateResult {
  const sentence =
    rival === undefined
      ? text('benchWinnerAlone', { variant, time: `${number(medianMs, 3)} ms` })
      : text(isShown ? 'benchWinner' : 'benchTied', {
          variant,
          other: rival.variant,
          ratio: number(rival.ratio, 3),
          low: number(rival.interval[0], 3),
          high: number(rival.interval[1], 3),
        });
  return html`<div class="winner">
    <p>${sentence}.</p>
    ${
      pin === undefined
        ? nothing
        : html`<button type="button" class=${pin.isPinned ? 'quiet' : ''} @click=${pin.onPress}>
            ${pin.isPinned ? text('benchUnpin') : text('benchPin', { variant })}
          </button>`
    }
    <span role="status">${pin?.isPinned === true ? text('benchPinned', { variant }) : ''}</span>
  </div>`;
}

/** What a finished benchmark came to: how many cases, in what time, and how many were wrong. */
export function doneText(groups: readonly BenchGroup[], time: string, text: VerdictModel['text']): string {
  const cases = groups.flatMap((group) => group.cases);
  const wrong = cases.filter(({ status }) => status === 'wrong').length;
  const count = cases.filter(({ status }) => status === 'measured' || status === 'planned').length;
  const measured = text('benchDone', { count, time });
  return wrong === 0 ? measured : `${measured}. ${text('benchWrong', { count: wrong })}`;
}
