/** Reaches a browser that already runs elsewhere. */
import puppeteer, { type Browser } from 'puppeteer';
import { GramaryeError, messageOf, throwIfAborted } from '../../engine/errors.js';
import { parseEndpoint, type Endpoint } from './endpoint.js';
import { askJson, isWebDriver, startSession, type WebDriverSession } from './web-driver.js';

/** A browser in our hands for a while. */
export interface RemoteBrowser {
  readonly browser: Browser;
  /** Lets go of it: a browser that was running goes on, one that was started for us ends. */
  readonly release: () => Promise<void>;
}

/** A job may take an hour. */
const OPTIONS = { defaultViewport: null, protocolTimeout: 0 } as const;

async function connect(endpoint: Endpoint, options: Parameters<typeof puppeteer.connect>[0]): Promise<Browser> {
  try {
    return await puppeteer.connect({ ...OPTIONS, ...options });
  } catch (error) {
    throw new GramaryeError('browser-missing', `${endpoint.name} takes no connection: ${messageOf(error).split('\n', 1)[0] ?? ''}.`, {
      remedy: 'Check the address, and that the browser still runs.',
      cause: error,
    });
  }
}

/** The DevTools socket of a Chrome that was started with `--remote-debugging-port`; undefined where something else answers. */
async function devToolsSocket(endpoint: Endpoint): Promise<string | undefined> {
  const { body } = await askJson(endpoint, '/json/version');
  const { webSocketDebuggerUrl } = (body ?? {}) as { webSocketDebuggerUrl?: unknown };
  if (typeof webSocketDebuggerUrl !== 'string') return undefined;
  // Behind a tunnel the browser tells the name it has on its own machine.
  const [told, given] = [new URL(webSocketDebuggerUrl), new URL(endpoint.url)];
  return `${given.protocol === 'https:' ? 'wss' : 'ws'}://${given.host}${told.pathname}`;
}

async function throughSession(endpoint: Endpoint, session: WebDriverSession, headers: Record<string, string>): Promise<RemoteBrowser> {
  let socket = session.cdpUrl;
  try {
    if (socket.startsWith('http')) {
      const local = await devToolsSocket({ ...endpoint, url: socket });
      if (local === undefined) throw new GramaryeError('browser-missing', `${endpoint.name}: its browser has no DevTools at ${socket}.`);
      socket = local;
    }
    const browser = await connect(endpoint, { browserWSEndpoint: socket, headers });
    return {
      browser,
      release: async () => {
        await browser.disconnect();
        await session.end();
      },
    };
  } catch (error) {
    await session.end();
    throw error;
  }
}

/**
 * Connects to the browser at an address, starting one through a grid where there is one; `flags` are for a browser that is started.
 *
 * @throws GramaryeError `bad-option`, `fetch-failed` when nothing answers, `browser-missing` when no browser can be had, `aborted`.
 */
export async function connectBrowser(address: string, flags: readonly string[], signal: AbortSignal): Promise<RemoteBrowser> {
  const endpoint = parseEndpoint(address);
  throwIfAborted(signal);
  const headers = { ...endpoint.headers };
  const leave = (browser: Browser): RemoteBrowser => ({ browser, release: () => browser.disconnect() });
  if (endpoint.kind === 'cdp') return leave(await connect(endpoint, { browserWSEndpoint: endpoint.url, headers }));
  if (endpoint.kind === 'bidi') return leave(await connect(endpoint, { browserWSEndpoint: endpoint.url, headers, protocol: 'webDriverBiDi' }));
  const socket = await devToolsSocket(endpoint);
  if (socket !== undefined) return leave(await connect(endpoint, { browserWSEndpoint: socket, headers }));
  if (await isWebDriver(endpoint)) return throughSession(endpoint, await startSession(endpoint, [...flags, ...endpoint.flags], signal), headers);
  throw new GramaryeError('browser-missing', `At ${endpoint.name} answers neither a browser nor a grid.`, {
    remedy: 'Start Chrome with --remote-debugging-port=9222, or give the address of a Selenium Grid 4.',
  });
}
