#!/usr/bin/env node
/** The command line. */
import { benchIsa } from './bench-isa.js';
import { bench, benchCompare } from './bench.js';
import { classify, evaluate, predict, type CommandContext } from './classify.js';
import { makeProgram } from './commands.js';
import { doctor } from './doctor.js';
import { describeFailure, EXIT } from './exit.js';
import { finetune } from './finetune.js';
import { inspect } from './inspect.js';
import { ProgressView } from './progress.js';
import { stylizeFrames } from './sequence.js';
import { stylize } from './stylize.js';

const controller = new AbortController();
const progress = new ProgressView((line) => {
  console.error(line);
});

const context: CommandContext = {
  progress,
  signal: controller.signal,
  print: (line) => {
    console.log(line);
  },
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time the user means it.
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  });
}

try {
  await makeProgram(
    {
      stylize: async (task, flags) => {
        const { frames } = flags;
        const paths =
          frames === undefined ? await stylize(task, flags, progress, controller.signal) : await stylizeFrames(frames, flags, progress, controller.signal);
        for (const path of paths) console.log(path);
      },
      classify: (pictures, flags) => classify(pictures, flags, context),
      evaluate: (folder, flags) => evaluate(folder, flags, context),
      predict: (pictures, flags) => predict(pictures, flags, context),
      finetune: (flags) => finetune(flags, context),
      inspect: async (net) => {
        console.log(await inspect(net, controller.signal));
      },
      bench: async (flags) => {
        process.exitCode = await bench(flags, context);
      },
      benchCompare: (before, after, flags) => {
        process.exitCode = benchCompare(before, after, flags, context.print);
        return Promise.resolve();
      },
      benchIsa: async (flags) => {
        process.exitCode = await benchIsa(flags, context);
      },
      doctor: async (flags) => {
        const { output, exitCode } = await doctor(flags, progress, controller.signal);
        console.log(output);
        process.exitCode = exitCode;
      },
    },
    { signal: controller.signal },
  ).parseAsync();
} catch (error) {
  progress.stop();
  const { code, line } = describeFailure(error);
  if (line !== '') console.error(line);
  process.exitCode = code;
}
