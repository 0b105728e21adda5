import { GramaryeError } from '../../engine/errors.js';
import type { Classified, ClassifierItem } from '../../tasks/classification/classifier.js';
import type { ClassifierSession } from './classifier-session.js';

/** A device that is lost more often than this in one go is not brought back any more. */
const MAX_RECOVERIES = 3;

/** What a stream needs of its element. */
export interface StreamHelp<Item> {
  /** A session that works: the one there is, or a new one. */
  readonly session: () => Promise<ClassifierSession>;
  /** The item of a place; undefined leaves it out. */
  readonly item: (session: ClassifierSession, index: number) => Item | undefined;
  readonly onRunning: () => void;
  /** The device is gone after so many pictures; the session is of no use any more. */
  readonly onLost: (done: number) => void;
}

/** Classifies `count` items in order, and goes on with what is left after a lost device. */
export async function* resilientStream<Item extends ClassifierItem>(
  count: number,
  guesses: number,
  signal: AbortSignal,
  help: StreamHelp<Item>,
): AsyncGenerator<Classified<Item>> {
  let recoveries = 0;
  for (let done = 0; done < count;) {
    const session = await help.session();
    help.onRunning();
    const rest = function* (from: number): Generator<Item> {
      for (let index = from; index < count; index++) {
        const item = help.item(session, index);
        if (item !== undefined) yield item;
      }
    };
    try {
      for await (const result of session.stream(rest(done), guesses, signal)) {
        done++;
        yield result;
      }
    } catch (error) {
      const isLost = session.isLost || (error instanceof GramaryeError && error.code === 'device-lost');
      if (!isLost || signal.aborted || recoveries >= MAX_RECOVERIES) throw error;
      recoveries++;
      help.onLost(done);
    }
  }
}
