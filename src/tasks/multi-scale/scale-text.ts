import { GramaryeError } from '../../engine/errors.js';
import { checkScales, type ScaleSettings } from './scale-settings.js';

/**
 * How a run goes from coarse to fine as a person writes it: any of `coarsest 64`, `factor 2`, `steps 40 30`, `style fixed` and
 * `carry moments`, between commas. Throws `bad-option`.
 */
export function parseScales(text: string): ScaleSettings {
  const refuse = (part: string): never => {
    throw new GramaryeError('bad-option', `The scales are "${text}"; "${part}" makes no sense there.`, {
      remedy: 'Give any of coarsest 64, factor 2, steps 40 30, style fixed and carry moments, between commas.',
    });
  };
  const scales: ScaleSettings = Object.assign(
    {},
    ...text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part): ScaleSettings => {
        const [name = '', ...rest] = part.split(/\s+/);
        const numbers = rest.map(Number);
        const [first = NaN] = numbers;
        if (numbers.length > 0 && numbers.every(Number.isFinite)) {
          if (name === 'steps') return { steps: numbers };
          if (numbers.length === 1 && name === 'coarsest') return { coarsest: first };
          if (numbers.length === 1 && name === 'factor') return { factor: first };
        }
        if (part === 'style fixed') return { styleAlong: false };
        if (part === 'carry moments') return { carryMoments: true };
        return refuse(part);
      }),
  ) as ScaleSettings;
  checkScales(scales);
  return scales;
}

/** The text that {@link parseScales} reads them from. */
export function scalesText({ coarsest, factor, steps, styleAlong, carryMoments }: ScaleSettings): string {
  return [
    ...(coarsest === undefined ? [] : [`coarsest ${String(coarsest)}`]),
    ...(factor === undefined ? [] : [`factor ${String(factor)}`]),
    ...(steps === undefined || steps.length === 0 ? [] : [`steps ${steps.join(' ')}`]),
    ...(styleAlong === false ? ['style fixed'] : []),
    ...(carryMoments === true ? ['carry moments'] : []),
  ].join(', ');
}
