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
  if (event.request.method !== 'GET' || url.origin !== self.location.origin || event.request.headers.has('range')) return;
  if (url.href === self.registration.scope) url.pathname += 'index.html';
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      return (await cache.match(url.href, { ignoreSearch: true })) ?? fetch(event.request);
    })(),
  );
});
