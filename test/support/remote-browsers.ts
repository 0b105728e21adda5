/** Browsers that run elsewhere, on this machine: one with an open debugging port, and a grid that starts more. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser } from 'puppeteer';
import { browserFlags, browserPath } from '../../src/cli/browser.js';

/** A running browser by the address of its debugging port. */
export interface DebuggedBrowser {
  readonly browser: Browser;
  readonly url: string;
}

/** Starts Chromium with a debugging port on the software adapter. */
export async function startDebuggedBrowser(extraFlags: readonly string[] = []): Promise<DebuggedBrowser> {
  const browser = await puppeteer.launch({ executablePath: browserPath(), headless: true, args: [...browserFlags('software'), ...extraFlags] });
  return { browser, url: `http://${new URL(browser.wsEndpoint()).host}` };
}

/** What a grid was asked for. */
export interface GridLog {
  readonly sessions: unknown[];
  ended: number;
}

/** The part of Selenium Grid 4 that starts and ends sessions. Sessions are real browsers; `firefox` is not on offer. */
export async function startGrid(): Promise<{ readonly url: string; readonly log: GridLog; stop(): Promise<void> }> {
  const log: GridLog = { sessions: [], ended: 0 };
  const running = new Map<string, Browser>();
  const server = createServer((request, response) => {
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ value }));
    };
    const answer = async (): Promise<void> => {
      if (request.headers.authorization !== `Basic ${Buffer.from('me:secret').toString('base64')}`) {
        json(401, { message: 'Unauthorized' });
        return;
      }
      if (request.method === 'POST' && !/charset=utf-8/i.test(request.headers['content-type'] ?? '')) {
        json(500, { error: 'unknown error', message: 'Content-Type header does not indicate utf-8 encoded json' });
        return;
      }
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      if (request.method === 'GET' && request.url === '/status') json(200, { ready: true, message: 'Selenium Grid ready.' });
      else if (request.method === 'POST' && request.url === '/session') {
        const { capabilities } = JSON.parse(Buffer.concat(parts).toString()) as {
          capabilities: { alwaysMatch: { browserVersion?: string; 'goog:chromeOptions': { args: string[] } } };
        };
        log.sessions.push(capabilities.alwaysMatch);
        if (capabilities.alwaysMatch.browserVersion === 'none') {
          json(500, { error: 'session not created', message: 'No matching capabilities found\nstack' });
          return;
        }
        const { browser } = await startDebuggedBrowser(capabilities.alwaysMatch['goog:chromeOptions'].args);
        const sessionId = `s${String(log.sessions.length)}`;
        running.set(sessionId, browser);
        json(200, { sessionId, capabilities: { browserName: 'chrome', 'se:cdp': browser.wsEndpoint() } });
      } else if (request.method === 'DELETE') {
        const id = request.url?.split('/').at(-1) ?? '';
        await running.get(id)?.close();
        running.delete(id);
        log.ended++;
        json(200, null);
      } else json(404, { message: 'unknown command' });
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://me:secret@127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    log,
    stop: async () => {
      await Promise.all([...running.values()].map((browser) => browser.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
