/**
 * Bytes over HTTP, from a network that stalls, breaks off, cuts short and answers with errors. A transfer that breaks goes on
 * where it stopped, by a range request; a server that ignores ranges costs the bytes again but gives the same result.
 */
import { GramaryeError, messageOf, throwIfAborted } from '../../engine/errors.js';

/** How patient a transfer is. */
export interface HttpOptions {
  readonly signal?: AbortSignal | undefined;
  /** How requests are made; default the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** A transfer without a byte for so long counts as broken. Default 30,000. */
  readonly stallMs?: number | undefined;
  /** How often in a row a transfer may break without bringing a byte. Default 3. */
  readonly retries?: number | undefined;
  /** The pause before the first new attempt; each further one doubles it. Default 500. */
  readonly retryDelayMs?: number | undefined;
}

/** The beginning of a transfer. */
export interface TransferHead {
  /** The whole file's length, where the server says it. */
  readonly totalBytes: number | undefined;
  /** The first byte that the server sends: not the one asked for when it ignores ranges. */
  readonly start: number;
  /** Whether the server answered the range that was asked. */
  readonly answersRange: boolean;
  /** The file's version, by ETag or date. */
  readonly validator: string | undefined;
}

/** A failure that another attempt may mend. */
class BrokenTransfer extends Error {}

/** Carries what `onHead` threw past the handling of broken transfers. */
class HeadRefused extends Error {}

function callHead(onHead: (head: TransferHead) => void, head: TransferHead): void {
  try {
    onHead(head);
  } catch (cause) {
    throw new HeadRefused('refused', { cause });
  }
}

const NO_RETRY_REMEDY = 'Check the address, or get the file another way and import it.';

function failure(url: string, problem: string, remedy: string, cause?: unknown): GramaryeError {
  return new GramaryeError('fetch-failed', `${url} could not be fetched: ${problem}.`, { remedy, cause });
}

/** Ends when `ms` go by before `work` does; the work itself is stopped by the caller. */
async function withinStall<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new BrokenTransfer(`no byte came for ${String(ms)} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

async function requestOnce(
  url: string,
  start: number,
  end: number | undefined,
  options: HttpOptions,
  stop: AbortController,
): Promise<{ head: TransferHead; response: Response }> {
  const range = start === 0 && end === undefined ? undefined : `bytes=${String(start)}-${end === undefined ? '' : String(end - 1)}`;
  // A browser's cache may hold the file as a server compressed it, and then answers ranges with parts of that.
  const work = (options.fetch ?? fetch)(url, { signal: stop.signal, ...(range === undefined ? {} : { headers: { Range: range }, cache: 'no-store' }) });
  const response = await withinStall(work, options.stallMs ?? 30_000).catch((error: unknown) => {
    throw error instanceof BrokenTransfer ? error : new BrokenTransfer(reasonOf(error));
  });
  const { status, headers } = response;
  const validator = headers.get('ETag') ?? headers.get('Last-Modified') ?? undefined;
  if (status === 416) {
    const total = /\/(\d+)$/.exec(headers.get('Content-Range') ?? '')?.[1];
    return {
      head: { totalBytes: total === undefined ? start : Number(total), start, answersRange: true, validator },
      response: new Response(null, { status: 200 }),
    };
  }
  if (status === 408 || status === 429 || status >= 500) throw new BrokenTransfer(`the server answered ${String(status)}`);
  if (!response.ok) throw failure(url, `the server answered ${String(status)}${status === 404 ? ' (not found)' : ''}`, NO_RETRY_REMEDY);
  if (status === 206) {
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('Content-Range') ?? '');
    const total = match?.[2] === undefined || match[2] === '*' ? undefined : Number(match[2]);
    // Other origins may hide the header; then the answer is taken to be what was asked.
    const first = match === null ? start : Number(match[1]);
    if (first !== start) throw failure(url, `the server answered with bytes from ${String(first)} on when asked for ${String(start)}`, NO_RETRY_REMEDY);
    return { head: { totalBytes: total, start, answersRange: true, validator }, response };
  }
  const length = headers.get('Content-Length');
  // A packed body's length says nothing of the file's.
  const total = length === null || headers.has('Content-Encoding') ? undefined : Number(length);
  return { head: { totalBytes: total, start: 0, answersRange: false, validator }, response };
}

/**
 * The bytes of a URL from `start` on, to `end` or the file's end, piece by piece and in order.
 *
 * @param onHead told of every new beginning, the first and those after a break. May throw to end the transfer.
 * @throws GramaryeError `fetch-failed` naming the URL, `aborted`.
 */
export async function* streamBytes(
  url: string,
  start: number,
  end: number | undefined,
  options: HttpOptions = {},
  onHead?: (head: TransferHead) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const stallMs = options.stallMs ?? 30_000;
  let at = start;
  let breaks = 0;
  let validator: string | undefined;
  for (;;) {
    throwIfAborted(options.signal);
    const stop = new AbortController();
    const forward = (): void => {
      stop.abort();
    };
    options.signal?.addEventListener('abort', forward);
    try {
      const { head, response } = await requestOnce(url, at, end, options, stop);
      if (validator !== undefined && head.validator !== validator)
        throw failure(url, 'the file changed on the server in the middle of the transfer', 'Try again.');
      validator = head.validator;
      if (onHead !== undefined) callHead(onHead, head);
      const last = Math.min(end ?? Infinity, head.totalBytes ?? Infinity);
      let position = head.start;
      const reader = response.body?.getReader();
      for (;;) {
        if (at >= last) return;
        const { done, value } = (await (reader === undefined ? undefined : withinStall(reader.read(), stallMs))) ?? { done: true, value: undefined };
        if (done) break;
        const piece = value.subarray(Math.min(value.byteLength, Math.max(0, at - position)), Math.max(0, Math.min(value.byteLength, last - position)));
        position += value.byteLength;
        if (piece.byteLength === 0) continue;
        at += piece.byteLength;
        breaks = 0;
        yield new Uint8Array(piece);
      }
      // Without a length the body's end is the file's end.
      if (last === Infinity || at >= last) return;
      throw new BrokenTransfer(`the transfer ended after ${String(at)} of ${String(last)} bytes`);
    } catch (error) {
      throwIfAborted(options.signal);
      if (error instanceof HeadRefused) throw error.cause;
      // Anything else that is not ours comes from reading the body and is the network's.
      if (error instanceof GramaryeError) throw error;
      breaks++;
      if (breaks > (options.retries ?? 3))
        throw failure(url, `${messageOf(error)}, ${String(breaks)} times in a row`, 'Try again later: what has arrived is kept where there is a cache.', error);
      await pause((options.retryDelayMs ?? 500) * 2 ** (breaks - 1), options.signal);
    } finally {
      options.signal?.removeEventListener('abort', forward);
      stop.abort();
    }
  }
}

/** Why a request failed: Node's `fetch` hides it in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
  return messageOf(error) + cause;
}

/** Waits, and less when cancelled. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

/** Joins pieces that came one by one. */
export function joinPieces(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.byteLength;
  }
  return joined;
}
