/** What the user sees while a job runs: a bar on a terminal, a line now and then elsewhere. All of it goes to standard error. */
import { Presets, SingleBar } from 'cli-progress';
import type { EpochFigures } from '../tasks/fine-tuning/checkpoint.js';
import type { RunnerEvent } from './runner/protocol.js';

/** One line per epoch. */
function epochText({ epoch, loss, accuracy, validationLoss, validationAccuracy, seconds }: EpochFigures, epochs: number): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const validation =
    validationLoss === undefined || validationAccuracy === undefined
      ? ''
      : `; held back: loss ${validationLoss.toFixed(4)}, ${percent(validationAccuracy)} right`;
  return `Epoch ${String(epoch)} of ${String(epochs)}: loss ${loss.toFixed(4)}, ${percent(accuracy)} right${validation}; ${seconds.toFixed(1)} s`;
}

/** Time left in words; before anything is done nobody knows it. */
function timeLeft(seconds: unknown): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return 'time left unknown';
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${String(Math.floor(minutes / 60))}h${String(minutes % 60)}m left`;
  return `${minutes === 0 ? '' : `${String(minutes)}m`}${String(Math.round(seconds % 60))}s left`;
}

/** Shows events; `stop` must be called before anything else is printed. */
export class ProgressView {
  readonly #print: (line: string) => void;
  #bar: SingleBar | undefined;
  #barTotal = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  show(event: RunnerEvent): void {
    switch (event.kind) {
      case 'adapter':
        if (event.adapter.isSoftware) this.#line('No GPU is used: the software adapter computes on the CPU, which is many times slower.');
        break;
      case 'notice':
        this.#line(event.text);
        break;
      case 'phase':
        if (event.total === undefined) this.#line(`${event.text} …`);
        else this.#progress(event.done ?? 0, event.total, 'done', event.text);
        break;
      case 'classified':
        break;
      case 'skipped':
        this.#line(`Skipped ${event.name}: ${event.problem}`);
        break;
      case 'epoch':
        this.#line(epochText(event.figures, event.epochs));
        break;
      case 'step':
        this.#progress(
          event.step,
          event.steps,
          'steps',
          event.losses === undefined ? '' : `loss ${event.losses.total.toPrecision(4)}, style ${event.losses.style.toPrecision(4)}`,
        );
        break;
    }
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #line(text: string): void {
    this.stop();
    this.#print(text);
  }

  #progress(done: number, total: number, unit: string, text: string): void {
    if (this.#bar === undefined || this.#barTotal !== total) {
      this.stop();
      const format = `{bar} {value}/{total} ${unit} | {eta_formatted} | {text}`;
      this.#bar = new SingleBar(
        { format, stream: process.stderr, noTTYOutput: true, notTTYSchedule: 10_000, hideCursor: true, etaBuffer: 20, formatTime: timeLeft },
        Presets.shades_classic,
      );
      this.#barTotal = total;
      this.#bar.start(total, done, { text });
      return;
    }
    this.#bar.update(done, { text });
  }
}
