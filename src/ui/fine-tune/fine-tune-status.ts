import { timeLeftMs } from '../labelled/elapsed.js';
import type { Wording } from '../labelled/wording.js';
import type { FineTuneStage } from './fine-tune-session.js';

/** What the line beside the button tells of. */
export interface FineTuneSituation {
  readonly state: 'idle' | 'preparing' | 'running' | 'paused' | 'finished' | 'failed';
  readonly stage: FineTuneStage | null;
  /** When this stage began, by the page's clock in ms. */
  readonly stageStartedAt: number;
  readonly epochsDone: number;
  /** Epochs in all. */
  readonly epochs: number;
  /** Epochs that were done when the present stretch began. */
  readonly stretchFrom: number;
  readonly trainedMs: number;
  /** The graphics device computes on the processor. */
  readonly isSoftware: boolean;
  readonly hasData: boolean;
}

/** What the element is doing, in words. */
export function fineTuneStatus(words: Wording, situation: FineTuneSituation): string {
  const { state, stage, epochsDone, epochs, trainedMs, isSoftware, hasData } = situation;
  if ((state === 'preparing' || state === 'running') && stage !== null) return stageWords(words, stage);
  if (state === 'finished') return words.text('trained', { epochs: epochsDone, time: words.duration(trainedMs) });
  if (state === 'paused' && epochsDone > 0) return words.text('rested', { epoch: epochsDone, epochs });
  if (isSoftware) return words.text('software');
  return words.text(hasData ? 'readyToTrain' : 'dataFirst');
}

function stageWords(words: Wording, stage: FineTuneStage): string {
  const { done, total } = stage;
  switch (stage.stage) {
    case 'engine':
      return words.text('stageEngine');
    case 'net':
      return total > 0 ? words.text('stageNetBytes', { done: words.bytes(done), total: words.bytes(total) }) : words.text('stageNet');
    case 'pictures':
      return words.text('stageExamples');
    case 'turn':
      return words.text('stageTurnWork');
    case 'recovering':
      return words.text('stageRecovering', { step: done });
    case 'judging':
      return words.text('stageJudging');
    case 'compiling':
      return words.text('stageCompiling', { done, total });
    case 'features': {
      // Announced in tenths, so that a live region does not chatter.
      const step = Math.max(1, Math.floor(total / 10));
      return words.text('stageFeatures', { done: Math.floor(done / step) * step, total });
    }
    case 'training':
      return words.text('stageTraining', { epoch: stage.epoch, epochs: stage.epochs });
  }
}

/** Time left of what is going on; for a place outside of the live region, since it changes all the time. */
export function timeLeft(words: Wording, { stage, stageStartedAt, stretchFrom }: FineTuneSituation): string {
  if (stage === null || stage.total === 0) return '';
  const [done, total] =
    stage.stage === 'training'
      ? [(stage.epoch - 1) * stage.total + stage.done - stretchFrom * stage.total, (stage.epochs - stretchFrom) * stage.total]
      : [stage.done, stage.total];
  const left = timeLeftMs({ done, total, startedAt: stageStartedAt });
  return left === undefined ? '' : words.text('timeLeft', { time: words.duration(left) });
}
