/** The page of the library: what `import 'gramarye'` exports, from the sources and their TSDoc. Only the syntax is read, so that a build stays quick. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';
import { escape, prose, table } from './html.mjs';

const code = (text) => `<code>${escape(text)}</code>`;

const files = new Map();
function fileOf(path) {
  if (!files.has(path)) files.set(path, ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true));
  return files.get(path);
}

const besides = (path, specifier) => resolve(dirname(path), specifier.text.replace(/\.js$/, '.ts'));

/** Exported names of a file with the files and names they come from. */
function exportsOf(path) {
  return fileOf(path).statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined && ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.map(({ name, propertyName }) => ({
          name: name.text,
          original: (propertyName ?? name).text,
          path: besides(path, statement.moduleSpecifier),
        }))
      : [],
  );
}

/** The declarations of a name: several for an overloaded function. Follows files that only pass it on. */
function declarationsOf(path, name) {
  const found = fileOf(path).statements.filter((statement) =>
    ts.isVariableStatement(statement) ? statement.declarationList.declarations.some((each) => each.name.getText() === name) : statement.name?.text === name,
  );
  if (found.length > 0) return found;
  const passed = exportsOf(path).find((each) => each.name === name);
  if (passed === undefined) throw new Error(`${path} exports no ${name}.`);
  return declarationsOf(passed.path, passed.original);
}

/** TSDoc of a node: its words, and its `@throws`. */
function docOf(node) {
  const doc = node.jsDoc?.at(-1);
  const words = ts.getTextOfJSDocComment(doc?.comment) ?? '';
  const throws = (doc?.tags ?? []).filter(({ tagName }) => tagName.text === 'throws').map((tag) => `Throws ${ts.getTextOfJSDocComment(tag.comment) ?? ''}`);
  return [words, ...throws].join(' ').replace(/\s+/g, ' ').trim();
}

const oneLine = (node) => node.getText().replace(/\s+/g, ' ');
const typeOf = ({ type }, fallback = '') => (type === undefined ? fallback : oneLine(type));
const parameters = (node) => node.parameters.map(oneLine).join(', ');

/** `name(parameters): result`, without a body. */
function signature(node, name) {
  return `${name}(${parameters(node)})${node.type === undefined ? '' : `: ${oneLine(node.type)}`}`;
}

const isPublic = (member) =>
  member.name !== undefined &&
  !ts.isPrivateIdentifier(member.name) &&
  !(member.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword);

function memberRow(member) {
  const isStatic = (member.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ? 'static ' : '';
  const name = `${isStatic}${member.name.getText()}${member.questionToken === undefined ? '' : '?'}`;
  const isCall = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
  return { name: isCall ? signature(member, name) : name, type: isCall ? '' : typeOf(member), description: docOf(member) };
}

/** One export as HTML. */
function section({ name, original, path }) {
  const nodes = declarationsOf(path, original);
  const [node] = nodes;
  const parts = [`<h2 id="${name}">${escape(name)}</h2>`, `<p class="prose">${prose(nodes.map(docOf).find((doc) => doc !== '') ?? '')}</p>`];
  if (ts.isFunctionDeclaration(node)) parts.push(...nodes.map((each) => `<p>${code(signature(each, name))}</p>`));
  else if (ts.isTypeAliasDeclaration(node)) parts.push(`<p>${code(`${name} = ${oneLine(node.type)}`)}</p>`);
  else if (ts.isVariableStatement(node)) {
    const constant = node.declarationList.declarations.find((each) => each.name.getText() === original);
    parts.push(`<p>${code(`${name}${constant.type === undefined ? '' : `: ${oneLine(constant.type)}`}`)}</p>`);
  } else {
    const base = (node.heritageClauses ?? []).map(oneLine).join(' ');
    if (base !== '') parts.push(`<p>${code(base)}</p>`);
    const rows = node.members.filter(isPublic).map(memberRow);
    parts.push(
      table(
        rows,
        [
          ['Member', (row) => code(row.name)],
          ['Type', (row) => (row.type === '' ? '' : code(row.type))],
          ['Meaning', (row) => prose(row.description)],
        ],
        `Members of ${name}`,
      ),
    );
  }
  return parts.join('\n');
}

/** The page of all that a file exports. Throws where an export has no description. */
export function libraryPage(path) {
  const all = exportsOf(path).sort((a, b) => (a.name < b.name ? -1 : 1));
  const bare = all.filter((each) => declarationsOf(each.path, each.original).every((node) => docOf(node) === ''));
  if (bare.length > 0) throw new Error(`Without TSDoc: ${bare.map(({ name }) => name).join(', ')}.`);
  const contents = `<ul class="contents">${all.map(({ name }) => `<li><a href="#${name}">${escape(name)}</a></li>`).join('')}</ul>`;
  return [contents, ...all.map(section)].join('\n');
}
