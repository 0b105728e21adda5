/** A session of a WebDriver server: Selenium Grid 4, or ChromeDriver itself. */
import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { Endpoint } from './endpoint.js';

/** A started session and how its browser is reached. */
export interface WebDriverSession {
  /** The address of the Chrome DevTools Protocol. */
  readonly cdpUrl: string;
  /** Ends the session, and with it the browser. */
  end(): Promise<void>;
}

/** A grid may have to start a machine first. */
const START_LIMIT_MS = 300_000;
const REQUEST_LIMIT_MS = 20_000;

/** Which capability carries the flags of a browser. */
const OPTIONS_OF: Readonly<Record<string, string>> = { chrome: 'goog:chromeOptions', chromium: 'goog:chromeOptions', MicrosoftEdge: 'ms:edgeOptions' };

/** Asks a server for JSON. Throws `fetch-failed` naming the server. */
export async function askJson(
  endpoint: Endpoint,
  path: string,
  init: RequestInit = {},
  limitMs = REQUEST_LIMIT_MS,
): Promise<{ status: number; body: unknown }> {
  try {
    const response = await fetch(endpoint.url + path, {
      ...init,
      // Selenium Grid refuses JSON that does not say that it is UTF-8.
      headers: { ...endpoint.headers, 'Content-Type': 'application/json; charset=utf-8' },
      signal: init.signal ?? AbortSignal.timeout(limitMs),
    });
    const text = await response.text();
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return { status: response.status, body };
  } catch (error) {
    throw new GramaryeError('fetch-failed', `${endpoint.name} does not answer: ${messageOf(error)}.`, {
      remedy: 'Check that the browser or grid runs there and that this machine may reach it.',
      cause: error,
    });
  }
}

function valueOf(body: unknown): Record<string, unknown> {
  const { value } = (body ?? {}) as { value?: unknown };
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Whether a WebDriver server answers there. */
export async function isWebDriver(endpoint: Endpoint): Promise<boolean> {
  const { body } = await askJson(endpoint, '/status');
  return typeof valueOf(body).ready === 'boolean';
}

/** The address of the DevTools in a session's capabilities, or undefined. */
function cdpOf(capabilities: Record<string, unknown>): string | undefined {
  const grid = capabilities['se:cdp'];
  if (typeof grid === 'string') return grid;
  for (const name of Object.values(OPTIONS_OF)) {
    const { debuggerAddress } = (capabilities[name] ?? {}) as { debuggerAddress?: unknown };
    if (typeof debuggerAddress === 'string') return `http://${debuggerAddress}`;
  }
  return undefined;
}

/**
 * Starts a session with the endpoint's capabilities and the browser's `flags`.
 *
 * @throws GramaryeError `fetch-failed`; `browser-missing` with the server's own words, or where it gives no way to the DevTools.
 */
export async function startSession(endpoint: Endpoint, flags: readonly string[], signal: AbortSignal): Promise<WebDriverSession> {
  const { browserName = 'chrome', ...others } = endpoint.capabilities;
  const options = OPTIONS_OF[browserName];
  if (options === undefined) {
    throw new GramaryeError('bad-option', `${endpoint.name}: through a grid only ${Object.keys(OPTIONS_OF).join(', ')} can be driven, not ${browserName}.`, {
      remedy: 'Connect to other browsers directly, by the ws:// address of their WebDriver BiDi.',
    });
  }
  const alwaysMatch = { browserName, ...others, [options]: { args: [...flags] } };
  const { status, body } = await askJson(endpoint, '/session', {
    method: 'POST',
    body: JSON.stringify({ capabilities: { alwaysMatch } }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]),
  });
  const value = valueOf(body);
  const { sessionId } = value;
  if (status !== 200 || typeof sessionId !== 'string') {
    const message = typeof value.message === 'string' ? (value.message.split('\n', 1)[0] ?? '') : `status ${String(status)}`;
    throw new GramaryeError('browser-missing', `${endpoint.name} starts no browser: ${message}.`, {
      remedy: 'Check what the grid offers, and the capabilities in the address.',
    });
  }
  const end = async (): Promise<void> => {
    await askJson(endpoint, `/session/${sessionId}`, { method: 'DELETE' });
  };
  const cdpUrl = cdpOf((value.capabilities ?? {}) as Record<string, unknown>);
  if (cdpUrl !== undefined) return { cdpUrl, end };
  await end();
  throw new GramaryeError('browser-missing', `${endpoint.name} gives no way to its browser's DevTools.`, {
    remedy: 'Use Selenium Grid 4 with se:cdpEnabled, or connect to the browser itself.',
  });
}
