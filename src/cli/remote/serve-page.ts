/** Gives a folder's files to a page of a browser elsewhere, over the connection to the browser: it need not reach this machine. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { HTTPRequest, Page } from 'puppeteer';
import { CONTENT_TYPES, filesBelow, SECURITY_HEADERS } from '../server.js';

/** An origin that no name server knows; `https` because WebGPU wants a secure one. */
export const PAGE_ORIGIN = 'https://gramarye.invalid';

/** Answers every request of the page: the folder's files under {@link PAGE_ORIGIN}, and nothing else. */
export async function servePage(page: Page, folder: string): Promise<void> {
  const files = new Map(filesBelow(folder, '/'));
  await page.setRequestInterception(true);
  page.on('request', (request: HTTPRequest) => {
    const url = new URL(request.url());
    const path = url.origin === PAGE_ORIGIN ? files.get(url.pathname) : undefined;
    const answer =
      path === undefined
        ? request.abort('blockedbyclient')
        : request.respond({
            status: 200,
            contentType: CONTENT_TYPES[extname(path)] ?? 'application/octet-stream',
            headers: SECURITY_HEADERS,
            body: readFileSync(path),
          });
    // The page may have been closed meanwhile.
    answer.catch(() => undefined);
  });
}
