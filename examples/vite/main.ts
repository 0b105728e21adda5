import 'gramarye/elements/style-transfer';
import type { GramStyleTransfer } from 'gramarye/elements';

const studio: GramStyleTransfer | null = document.querySelector('gram-style-transfer');
const told = document.querySelector('#told');

studio?.addEventListener('gram-finished', ({ steps, timeMs }) => {
  if (told !== null) told.textContent = `${String(steps)} steps in ${String(Math.round(timeMs))} ms`;
});
studio?.addEventListener('gram-failed', ({ error }) => {
  if (told !== null) told.textContent = String(error);
});
