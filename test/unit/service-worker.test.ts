/** The site's service worker: what it answers out of its cache, whole files and the parts that a reader of weights asks for. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { expect, it } from 'vitest';

const ROOT = 'http://localhost/somewhere/';
const BYTES = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

interface FetchLike {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** The worker with one file in its cache. What is not kept is asked of a network that is not there. */
function startWorker(): (request: Request) => Promise<Response> | undefined {
  const listeners = new Map<string, (event: FetchLike) => void>();
  const cache = {
    match: (url: string): Promise<Response | undefined> =>
      Promise.resolve(url === `${ROOT}weights.bin` ? new Response(BYTES, { headers: { 'content-type': 'application/octet-stream' } }) : undefined),
  };
  const context = createContext({
    self: {
      registration: { scope: ROOT },
      location: new URL(`${ROOT}sw.js`),
      addEventListener: (name: string, listener: (event: FetchLike) => void) => listeners.set(name, listener),
    },
    caches: { open: () => Promise.resolve(cache) },
    fetch: () => Promise.reject(new TypeError('Failed to fetch')),
    Headers,
    Request,
    Response,
    URL,
  });
  runInContext(readFileSync(resolve(import.meta.dirname, '../../site/service-worker.js'), 'utf8'), context);
  return (request) => {
    let answer: Promise<Response> | undefined;
    listeners.get('fetch')?.({
      request,
      respondWith: (given) => {
        answer = given;
      },
    });
    return answer;
  };
}

async function ask(path: string, range?: string): Promise<{ readonly status: number; readonly range: string | null; readonly bytes: number[] }> {
  const response = await startWorker()(new Request(ROOT + path, range === undefined ? {} : { headers: { range } }));
  if (response === undefined) throw new Error('The worker leaves this to the network.');
  return { status: response.status, range: response.headers.get('content-range'), bytes: [...new Uint8Array(await response.arrayBuffer())] };
}

it('gives whole files out of the cache, and exactly the bytes that a range asks for', async () => {
  expect(await ask('weights.bin')).toEqual({ status: 200, range: null, bytes: [...BYTES] });
  expect(await ask('weights.bin', 'bytes=0-7')).toEqual({ status: 206, range: 'bytes 0-7/1000', bytes: [...BYTES.slice(0, 8)] });
  expect(await ask('weights.bin', 'bytes=990-')).toEqual({ status: 206, range: 'bytes 990-999/1000', bytes: [...BYTES.slice(990)] });
  expect(await ask('weights.bin', 'bytes=995-2000')).toEqual({ status: 206, range: 'bytes 995-999/1000', bytes: [...BYTES.slice(995)] });
});

it('refuses a range beyond the file, and leaves to the network what it has not kept', async () => {
  expect(await ask('weights.bin', 'bytes=1000-1001')).toEqual({ status: 416, range: 'bytes */1000', bytes: [] });
  await expect(ask('other.bin', 'bytes=0-7')).rejects.toThrow('Failed to fetch');
  expect(startWorker()(new Request('http://elsewhere.example/weights.bin'))).toBeUndefined();
});
