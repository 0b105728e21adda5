/** Smaller WGSL of the same tokens: without comments but marks, and without space that parts nothing. */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

/** Marks that the engine reads before it compiles a shader; each needs a line of its own. */
const MARK = /^\/\/ @/;

const isWordLike = (token) => token?.kind === 'word' || token?.kind === 'number';
const isOperator = (token) => token?.kind === 'symbol' && /^[-+*/%&|^=!<>]+$/.test(token.text);

/** Whether two neighbours could become another token without a space between them. */
function mustPart(before, after, wereParted) {
  return (isWordLike(before) && isWordLike(after)) || (wereParted && isOperator(before) && isOperator(after));
}

/** The engine's own reading of WGSL, so that there is one. */
const reading = runnerImport(fileURLToPath(new URL('../src/engine/wgsl-tokens.ts', import.meta.url)), { configFile: false, logLevel: 'error' });

/**
 * The text without what only people read; each declaration of the file begins a line, as the engine reads them. Names stay: shorter ones were tried, and a page gained nothing by them, because its text is
 * compressed on the way.
 */
export async function minifyWgsl(source) {
  const { tokenize } = (await reading).module;
  let text = '';
  let before;
  let wereParted = false;
  let depth = 0;
  for (const token of tokenize(source)) {
    if (token.kind === 'comment' && MARK.test(token.text)) {
      text += `${text === '' || text.endsWith('\n') ? '' : '\n'}${token.text.trim()}\n`;
      before = undefined;
    } else if (token.kind === 'space' || token.kind === 'comment') wereParted = true;
    else {
      text += `${mustPart(before, token, wereParted) ? ' ' : ''}${token.text}`;
      [before, wereParted] = [token, false];
      if (token.text === '{') depth++;
      else if (token.text === '}') depth--;
      if (depth > 0 || (token.text !== ';' && token.text !== '}')) continue;
      text += '\n';
      before = undefined;
    }
  }
  return text;
}
