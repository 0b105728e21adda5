/** Text for HTML. */
export function escape(text) {
  return String(text).replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);
}

/** A description with `code` in backticks. */
export function prose(text = '') {
  return escape(text.replace(/\{@link ([^}]+)\}/g, '`$1`')).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** A table with a header; columns are `[title, cell(row)]`, cells are HTML. Nothing for no rows. */
export function table(rows, columns, label = 'Table') {
  if (rows.length === 0) return '';
  const head = columns.map(([title]) => `<th scope="col">${escape(title)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${columns.map(([, cell], index) => (index === 0 ? `<th scope="row">${cell(row)}</th>` : `<td>${cell(row)}</td>`)).join('')}</tr>`)
    .join('\n');
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(label)}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Code to copy. */
export function codeBlock(code) {
  return `<div class="code"><pre tabindex="0"><code>${escape(code.trim())}</code></pre><button type="button">Copy</button></div>`;
}
