/**
 * `bench:fine-tuning`: what keeping the frozen part's outputs is worth. `--part epoch` times an epoch against the same tail and batches
 * through tfjs-layers' fit() with the backbone in the model, on the same adapter; `--part memory` keeps the features of many pictures
 * within a budget; `--part pictures` does so with real picture files and a net; `--part curve` watches the memory of `gramarye finetune`,
 * `--part evaluate` that of `gramarye evaluate`;
 * `--part competition` takes a generated dog-breed competition from pictures to a submission by the command line; `--part kill` kills it
 * at random moments; `--part page` times one click on the built pages and counts the long tasks of their thread,
 * with `--profile` it names what they spent their time on.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

/** The command. Gives the exit code: 1 when results differ or a limit is missed. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: 'string', default: 'epoch' },
      size: { type: 'string', default: '224' },
      batch: { type: 'string', default: '16' },
      batches: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      pictures: { type: 'string', default: '10000' },
      'budget-mb': { type: 'string', default: '1024' },
      folder: { type: 'string', default: 'fine-tuning-bench' },
      pages: { type: 'string', default: 'classify,evaluate,fine-tune' },
      adapter: { type: 'string', default: 'software' },
      'own-size': { type: 'string' },
      profile: { type: 'boolean', default: false },
      epochs: { type: 'string' },
      trials: { type: 'string', default: '12' },
      out: { type: 'string' },
    },
  });
  const [size = NaN, batch = NaN, batches = NaN, rounds = NaN] = [values.size, values.batch, values.batches, values.rounds].map(Number);
  const [pictures = NaN, budgetMb = NaN] = [values.pictures, values['budget-mb']].map(Number);
  const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  const parts: Readonly<Record<string, () => Promise<{ readonly isGood: boolean; readonly result: unknown }>>> = {
    epoch: async () => (await import('./fine-tuning/epoch.js')).epochAgainstFit({ size, batch, batches, rounds }),
    memory: async () => (await import('./fine-tuning/memory.js')).featureMemory({ size, pictures, budgetMb, folder: values.folder }),
    pictures: async () => (await import('./fine-tuning/pictures.js')).picturesWithinBudget({ size, pictures, budgetMb, folder: values.folder }),
    curve: async () => (await import('./fine-tuning/memory-curve.js')).memoryCurve({ size, pictures, budgetMb, folder: values.folder }),
    evaluate: async () => (await import('./fine-tuning/memory-curve.js')).evaluationCurve({ size, pictures, folder: values.folder }),
    kill: async () => (await import('./fine-tuning/kills.js')).randomKills({ trials: Number(values.trials), folder: values.folder }),
    page: async () => {
      const { pageClicks, PAGES } = await import('./fine-tuning/page.js');
      const pages = PAGES.filter((page) => values.pages.split(',').includes(page));
      const adapter = values.adapter === 'hardware' ? 'hardware' : 'software';
      return pageClicks({ adapter, pages, size: numberOf(values['own-size']), epochs: numberOf(values.epochs), profile: values.profile });
    },
    competition: async () => (await import('./fine-tuning/competition.js')).competition({ size, pictures, folder: values.folder }),
  };
  const part = parts[values.part];
  if (part === undefined) throw new Error(`--part is ${Object.keys(parts).join(', ')}.`);
  const { isGood, result } = await part();
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  return isGood ? 0 : 1;
}
