/** Addresses of browsers that already run elsewhere. */
import { GramaryeError } from '../../engine/errors.js';

/** How a browser at an address is spoken to. */
export type EndpointKind =
  /** `http://host:port`: a Chrome with `--remote-debugging-port`, or a WebDriver server such as Selenium Grid; asking it tells which. */
  | 'http'
  /** `ws://host:port/devtools/browser/ID`: the Chrome DevTools Protocol. */
  | 'cdp'
  /** Any other `ws://` address: WebDriver BiDi. */
  | 'bidi';

/** One address, taken apart. */
export interface Endpoint {
  readonly kind: EndpointKind;
  /** Without credentials and without the capabilities. */
  readonly url: string;
  /** `Authorization`, where the address had credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** WebDriver capabilities from the query of an `http` address, such as `browserName=MicrosoftEdge`. */
  readonly capabilities: Readonly<Record<string, string>>;
  /** Further flags of a browser that a grid starts, from `args=` in that query, between commas. */
  readonly flags: readonly string[];
  /** What results and messages call it: no credentials, no query. */
  readonly name: string;
}

const REMEDY = 'Give http://HOST:PORT of a Chrome started with --remote-debugging-port or of a Selenium Grid, or a ws:// address of CDP or WebDriver BiDi.';

/** Takes an address apart. Throws `bad-option` for one that is none. */
export function parseEndpoint(text: string): Endpoint {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new GramaryeError('bad-option', `--connect ${text} is no address.`, { remedy: REMEDY, cause: error });
  }
  const scheme = url.protocol.slice(0, -1);
  if (!['http', 'https', 'ws', 'wss'].includes(scheme)) throw new GramaryeError('bad-option', `--connect takes no ${scheme} address.`, { remedy: REMEDY });
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers: Record<string, string> = username === '' ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  url.username = '';
  url.password = '';
  url.hash = '';
  const name = `${url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin}${url.pathname === '/' ? '' : url.pathname}`;
  if (scheme.startsWith('ws')) {
    // Hosted grids put a key into the query of a socket's address: it belongs to the address, not to the name.
    return { kind: url.pathname.includes('/devtools/') ? 'cdp' : 'bidi', url: url.href, headers, capabilities: {}, flags: [], name };
  }
  const { args = '', ...capabilities } = Object.fromEntries(url.searchParams);
  url.search = '';
  return { kind: 'http', url: url.href.replace(/\/$/, ''), headers, capabilities, flags: args.split(',').filter((flag) => flag !== ''), name };
}
