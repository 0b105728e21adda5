import { escape, prose, table } from './html.mjs';

const code = (text) => `<code>${escape(text)}</code>`;

function propertiesOf({ tagName, members = [], attributes = [] }) {
  const attributeOf = (field) => attributes.find(({ fieldName }) => fieldName === field.name)?.name ?? '';
  const fields = members.filter(({ kind, static: isStatic, description }) => kind === 'field' && isStatic !== true && description !== undefined);
  return table(
    fields,
    [
      ['Property', (field) => code(field.name)],
      ['Attribute', (field) => (attributeOf(field) === '' ? '' : code(attributeOf(field)))],
      ['Type', (field) => code(field.type?.text ?? '')],
      ['Default', (field) => (field.default === undefined ? '' : code(field.default))],
      ['Meaning', (field) => prose(field.description)],
    ],
    `Properties of ${tagName}`,
  );
}

function methodsOf({ tagName, members = [] }) {
  const methods = members.filter(({ kind, description }) => kind === 'method' && description !== undefined);
  const signature = ({ name, parameters = [], return: result }) =>
    `${name}(${parameters.map((parameter) => `${parameter.name}${parameter.type === undefined ? '' : `: ${parameter.type.text}`}`).join(', ')})${result?.type === undefined ? '' : `: ${result.type.text}`}`;
  return table(
    methods,
    [
      ['Method', (method) => code(signature(method))],
      ['Meaning', (method) => prose(method.description)],
    ],
    `Methods of ${tagName}`,
  );
}

function section(title, content) {
  return content === '' ? '' : `<h3>${title}</h3>\n${content}`;
}

/** The page of the elements, from their manifest. */
export function apiPage(manifest) {
  const elements = manifest.modules.flatMap(({ declarations }) => declarations).sort((a, b) => (a.tagName < b.tagName ? -1 : 1));
  const contents = `<ul class="contents">${elements.map(({ tagName }) => `<li><a href="#${tagName}">&lt;${tagName}&gt;</a></li>`).join('')}</ul>`;
  const described = (name) => [
    [name, (item) => code(item.name === '' ? 'default' : item.name)],
    ['Meaning', (item) => prose(item.description)],
  ];
  const parts = elements.map((element) =>
    [
      `<h2 id="${element.tagName}">&lt;${element.tagName}&gt;</h2>`,
      `<p class="prose">${prose(element.description)}</p>`,
      section('Properties', propertiesOf(element)),
      section('Methods', methodsOf(element)),
      section(
        'Events',
        table(
          [...new Map((element.events ?? []).map((event) => [event.name, event])).values()],
          [
            ['Event', (event) => code(event.name)],
            ['Type', (event) => code(event.type?.text ?? 'Event')],
            ['Meaning', (event) => prose(event.description)],
          ],
          `Events of ${element.tagName}`,
        ),
      ),
      section('Slots', table(element.slots ?? [], described('Slot'), `Slots of ${element.tagName}`)),
      section('Parts', table(element.cssParts ?? [], described('Part'), `Parts of ${element.tagName}`)),
      section(
        'Custom properties',
        table(
          element.cssProperties ?? [],
          [
            ['Property', (property) => code(property.name)],
            ['Default', (property) => (property.default === undefined ? '' : code(property.default))],
            ['Meaning', (property) => prose(property.description)],
          ],
          `Custom properties of ${element.tagName}`,
        ),
      ),
    ].join('\n'),
  );
  return [contents, ...parts].join('\n');
}
