/* Keeps the whole site for visits without a network. The list of files and the version are filled in by the build. */
const VERSION = '__VERSION__';
const FILES = [/* __FILES__ */];
const CACHE = `gramarye-site-${VERSION}`;

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await cache.addAll(FILES.map((file) => new Request(new URL(file, self.registration.scope), { cache: 'reload' })));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith('gramarye-site-') && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.href === self.registration.scope) url.pathname += 'index.html';
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      const kept = await cache.match(url.href, { ignoreSearch: true });
      return kept === undefined ? fetch(event.request) : part(kept, event.request.headers.get('range'));
    })(),
  );
});

/** The bytes that were asked for, as a server gives them: a cache knows only whole files. */
async function part(kept, range) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) return kept;
  const whole = await kept.blob();
  const end = Math.min(whole.size, last === '' ? whole.size : Number(last) + 1);
  const headers = new Headers(kept.headers);
  if (Number(first) >= end) {
    headers.set('content-range', `bytes */${whole.size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set('content-range', `bytes ${first}-${end - 1}/${whole.size}`);
  headers.set('content-length', String(end - Number(first)));
  return new Response(whole.slice(Number(first), end), { status: 206, headers });
}
