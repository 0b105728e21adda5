/**
 * Makes assets/models/mobilenet-v2-oid/emoji-classifier.safetensors: a dense layer for the ten categories of the emoji set, trained on the
 * backbone's pooled features of one vendor's pictures only, so that the other vendor's judge it fairly.
 * `node bench/run-node.mjs tools/assets/emoji-head.ts`
 */
import { writeFileSync } from 'node:fs';
import { decodeOverWhite, emojiBackbone, emojiSet } from '../../bench/emoji/emoji-set.js';
import { nodeEngine } from '../../bench/node-gpu.js';
import { writeSafetensors } from '../../src/models/safetensors-write.js';
import { createFineTuning } from '../../src/tasks/fine-tuning/fine-tuning.js';
import { FINE_TUNE_PRESETS } from '../../src/tasks/fine-tuning/settings.js';
import { DENSE_LAYER } from '../../src/tasks/mobilenet/layers.js';
import { wilson } from '../../src/tasks/mobilenet/metrics.js';

const OUT = new URL('../../assets/models/mobilenet-v2-oid/emoji-classifier.safetensors', import.meta.url);
const TRAINED_ON = 'google';

/** Trains and writes the layer. */
export async function main(): Promise<void> {
  const net = await emojiBackbone();
  const all = await emojiSet();
  const isTraining = ({ id }: { readonly id: string }): boolean => id.startsWith(TRAINED_ON);
  const examples = [...all.examples.filter(isTraining), ...all.examples.filter((example) => !isTraining(example))];
  const judged = examples.filter((example) => !isTraining(example)).length;
  const settings = {
    ...FINE_TUNE_PRESETS.default,
    trainLast: 1,
    optimizer: 'adam' as const,
    learningRate: 2e-3,
    schedule: { kind: 'cosine' as const, floor: 0.02 },
    epochs: 60,
    split: 'last' as const,
    // The middle of the step, so that rounding cannot move the cut.
    validationShare: (judged - 0.5) / examples.length,
    balanceClasses: true,
    features: 'f32' as const,
  };
  const engine = await nodeEngine();
  const run = await createFineTuning(
    engine,
    settings,
    { net, dataset: { ...all, examples }, decode: decodeOverWhite },
    {
      onProgress: (progress) => {
        if (progress.stage === 'features' && progress.done % 64 === 0) process.stdout.write(`${String(progress.done)} of ${String(progress.total)} pictures\n`);
      },
    },
  );
  if (run.validationCount !== judged) throw new Error(`${String(run.validationCount)} pictures held back; wanted ${String(judged)}.`);
  await run.train();
  const weights = await run.weights();
  const judgements = await run.judge();
  const { share, low, high } = wilson(judgements.filter(({ label, predicted }) => label === predicted).length, judgements.length);
  const kernel = weights.get(`${DENSE_LAYER}/kernel`);
  const bias = weights.get(`${DENSE_LAYER}/bias`);
  if (kernel === undefined || bias === undefined) throw new Error('The dense layer is missing.');
  const bytes = writeSafetensors(
    { [`${DENSE_LAYER}/kernel`]: { ...kernel, dtype: 'F16' }, [`${DENSE_LAYER}/bias`]: { ...bias, dtype: 'F32' } },
    { classes: JSON.stringify(all.classes), backbone: 'mobilenet-v2-oid', size: String(settings.size), resize: settings.resize, trained_on: TRAINED_ON },
  );
  writeFileSync(OUT, bytes);
  const last = run.history.at(-1);
  process.stdout.write(
    `${String(bytes.byteLength)} bytes; training accuracy ${String(last?.accuracy)}, other vendor ${share.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})\n`,
  );
  await run.destroy();
  engine.destroy();
}
