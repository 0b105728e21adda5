/** Bits of SVG that the charts share. */
import { escapeMarkup } from '../../bench/formats/markup.js';

/** A number with at most two digits behind the point. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text at a place; `anchor` as in SVG. */
export function label(x: number, y: number, text: string, more = ''): string {
  return `<text x="${short(x)}" y="${short(y)}"${more === '' ? '' : ` ${more}`}>${escapeMarkup(text)}</text>`;
}

/** A drawing that follows the reader's light or dark theme. */
export function drawing(width: number, height: number, title: string, parts: readonly string[]): string {
  const style =
    ':root{--ink:#22262b;--faint:#d6d9dd;--paper:#fff;--one:#1f6feb;--two:#c2410c}' +
    '@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--faint:#3b4148;--paper:#15181c;--one:#6ea8fe;--two:#f59e6c}}' +
    'text{font:12px system-ui,sans-serif;fill:var(--ink)}.paper{fill:var(--paper)}.grid{stroke:var(--faint)}' +
    '.one{stroke:var(--one)}.two{stroke:var(--two)}.line{fill:none;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:5 4}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${short(width)} ${short(height)}" width="${short(width)}" height="${short(height)}" role="img">`,
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="paper" width="100%" height="100%"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
