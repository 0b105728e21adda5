/**
 * `bench:fine-tuning`: what keeping the frozen part's outputs is worth. `--part epoch` times an epoch against the same tail and batches
 * through tfjs-layers' fit() with the backbone in the model, on the same adapter; `--part memory` keeps the features of many pictures
 * within a budget; `--part competition` takes a generated dog-breed competition from pictures to a submission by the command line.
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
      out: { type: 'string' },
    },
  });
  const [size = NaN, batch = NaN, batches = NaN, rounds = NaN] = [values.size, values.batch, values.batches, values.rounds].map(Number);
  const [pictures = NaN, budgetMb = NaN] = [values.pictures, values['budget-mb']].map(Number);
  const parts: Readonly<Record<string, () => Promise<{ readonly isGood: boolean; readonly result: unknown }>>> = {
    epoch: async () => (await import('./fine-tuning/epoch.js')).epochAgainstFit({ size, batch, batches, rounds }),
    memory: async () => (await import('./fine-tuning/memory.js')).featureMemory({ size, pictures, budgetMb, folder: values.folder }),
    competition: async () => (await import('./fine-tuning/competition.js')).competition({ size, pictures, folder: values.folder }),
  };
  const part = parts[values.part];
  if (part === undefined) throw new Error(`--part is ${Object.keys(parts).join(', ')}.`);
  const { isGood, result } = await part();
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  return isGood ? 0 : 1;
}
