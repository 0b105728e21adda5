import type { Engine } from '../../src/engine/engine.js';
import { createStyleTransfer, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import type { Contender, GramTargets, ReadyStep } from './contender.js';
import type { StepProblem } from './problem.js';

/** Gramarye, which also gives the targets. */
export class GramaryeContender implements Contender {
  readonly name = 'gramarye';
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async describe(): Promise<string> {
    const { vendor, architecture, device, description } = this.#engine.info;
    return Promise.resolve([vendor, architecture, device, description].filter((part) => part !== '').join(' '));
  }

  /** The run behind a step. */
  async run({ net, settings, content, style, start }: StepProblem): Promise<StyleTransferRun> {
    return createStyleTransfer(this.#engine, settings, { net, content, styles: [style], init: start });
  }

  async prepare(problem: StepProblem): Promise<ReadyStep & { readonly targets: GramTargets }> {
    const run = await this.run(problem);
    return {
      targets: new Map(run.gramTargets.map(({ layer, values }) => [layer, values])),
      memoryBytes: run.memory.totalBytes,
      variants: run.calls.map(({ label, variant }) => `${label}: ${variant}`),
      evaluate: async () => {
        const { total } = await run.evaluate();
        return { loss: total, gradient: await run.gradient() };
      },
      step: async () => {
        await run.step();
      },
      destroy: () => {
        run.destroy();
      },
    };
  }
}
