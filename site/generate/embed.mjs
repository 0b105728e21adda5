import { codeBlock } from './html.mjs';

const INSTALL = 'npm install gramarye';

const BUNDLED = `
import 'gramarye/elements/style-transfer';

document.querySelector('gram-style-transfer').addEventListener('gram-finished', (event) => {
  console.log(event.steps, 'steps in', event.timeMs, 'ms');
});`;

const TAG = `
<gram-style-transfer
  content="./photograph.jpg"
  styles="./painting.jpg"
  size="256"
  steps="200"
></gram-style-transfer>`;

const REACT = `
import 'gramarye/elements/style-transfer';
import type {} from 'gramarye/react'; // types of the tags, for TypeScript

export function Studio({ content, style, onFinished }) {
  return <gram-style-transfer content={content} styles={style} ongram-finished={onFinished} />;
}`;

const PLAIN = `
<script type="module" src="./node_modules/gramarye/dist/standalone/style-transfer.js"></script>
<gram-style-transfer content="./photograph.jpg" styles="./painting.jpg"></gram-style-transfer>`;

const THEME = `
gram-style-transfer {
  --gram-accent: #2456c4;
  --gram-surface: white;
  --gram-font: 'Your Sans', sans-serif;
}
gram-style-transfer::part(primary-button) {
  border-radius: 999px;
}
gram-style-transfer[state='running'] {
  outline: 2px solid var(--gram-accent, currentColor);
}`;

const WORDS = `
import { setStrings } from 'gramarye/elements';

setStrings({ start: 'Starten', pause: 'Anhalten', continue: 'Weiter', contentWell: 'Bild', styleWell: 'Stil' });`;

const SCRIPTED = `
const studio = document.querySelector('gram-style-transfer');
await studio.start();               // resolves when it rests
studio.styleStrength = 2;           // weights change while it runs
const png = await studio.toBlob();  // with its settings inside
await studio.restore(png);          // and back again`;

/** The page on embedding. */
export function embedPage() {
  return [
    `<div class="prose"><h2>With a bundler</h2><p>Install the package, import the element you want, write its tag.</p></div>`,
    codeBlock(INSTALL),
    codeBlock(BUNDLED),
    codeBlock(TAG),
    `<div class="prose"><p>Vite needs no settings for it, neither its development server nor its build.</p></div>`,
    `<div class="prose"><p>Pictures from another website need that website’s leave (CORS). The element says so when it is missing.</p>
<h2>From a script</h2><p>Everything a visitor can do, a script can do too.</p></div>`,
    codeBlock(SCRIPTED),
    `<div class="prose"><h2>In React</h2><p>React 19 sets properties of custom elements and listens to their events by <code>on</code> and the event’s name.</p></div>`,
    codeBlock(REACT),
    `<div class="prose"><h2>Without a bundler</h2><p>The package also holds the elements with everything inside. Put its folder where your server finds it, and name one file.</p></div>`,
    codeBlock(PLAIN),
    `<div class="prose"><h2>Make it your own</h2><p>Colours and fonts are custom properties, the pieces are parts, and the state is an attribute. The elements follow the page’s <code>color-scheme</code>.</p></div>`,
    codeBlock(THEME),
    `<div class="prose"><h2>In another language</h2><p>Every word can be replaced. Numbers follow the nearest <code>lang</code>, and the layout follows <code>dir</code>.</p></div>`,
    codeBlock(WORDS),
    `<div class="prose"><h2>Content-Security-Policy</h2><p>No eval, no inline script or style. Besides <code>'self'</code> the elements need <code>img-src blob:</code> for pictures a visitor drops, <code>worker-src 'self'</code>, and <code>connect-src</code> for the addresses of pictures and weights.</p></div>`,
  ].join('\n');
}
