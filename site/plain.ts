/** What every page does: mark itself in the navigation, and keep itself for visits without a network. */

for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
  const [here, there] = [location.pathname, new URL(link.href).pathname].map((path) => path.replace(/\/$/, '/index.html').replace(/\.html$/, ''));
  if (here === there) link.setAttribute('aria-current', 'page');
}

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // Without it the page works all the same, only not without a network.
  navigator.serviceWorker.register('./sw.js').catch(() => undefined);
}
