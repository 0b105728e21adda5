import { timeLeftMs } from '../labelled/elapsed.js';
import type { Wording } from '../labelled/wording.js';
import type { ClassifierStage } from './classifier-session.js';

/** What the line beside the button tells of. */
export interface ClassifierSituation {
  readonly state: 'idle' | 'preparing' | 'running' | 'finished' | 'failed';
  readonly isJudging: boolean;
  readonly stage: ClassifierStage | null;
  readonly progress: { readonly done: number; readonly total: number; readonly startedAt: number; readonly top1: number };
  readonly lastRun: { readonly count: number; readonly timeMs: number };
  /** The graphics device computes on the processor. */
  readonly isSoftware: boolean;
}

/** What the classifier is doing, in words. */
export function classifierStatus(words: Wording, situation: ClassifierSituation): string {
  const { state, stage, lastRun, isSoftware } = situation;
  if (state === 'preparing' && stage !== null) return stageWords(words, stage);
  if (state === 'running') return progressWords(words, situation);
  if (state === 'finished' && lastRun.count > 0) {
    return words.text('classified', { count: words.number(lastRun.count, 21), time: words.duration(lastRun.timeMs) });
  }
  return words.text(isSoftware ? 'software' : 'readyToClassify');
}

function stageWords(words: Wording, { stage, done, total }: ClassifierStage): string {
  switch (stage) {
    case 'pictures':
      return words.text('stageExamples');
    case 'engine':
      return words.text('stageEngine');
    case 'net':
      return total > 0 ? words.text('stageNetBytes', { done: words.bytes(done), total: words.bytes(total) }) : words.text('stageNet');
    case 'turn':
      return words.text('stageTurnWork');
    case 'compiling':
      return words.text('stageCompiling', { done, total });
    case 'recovering':
      return words.text('stageRecoveringWork', { done, total });
  }
}

function progressWords(words: Wording, { progress, isJudging }: ClassifierSituation): string {
  const { done, total, top1 } = progress;
  // Announced in tenths, so that a live region does not chatter.
  const step = Math.max(1, Math.floor(total / 10));
  const told = done === total ? done : Math.floor(done / step) * step;
  const left = timeLeftMs(progress);
  const said =
    isJudging && Number.isFinite(top1)
      ? words.text('evaluatingSoFar', { done: told, total, percent: words.percent(top1) })
      : words.text('classifying', { done: told, total });
  return left === undefined ? said : `${said}, ${words.text('timeLeft', { time: words.duration(left) })}`;
}
