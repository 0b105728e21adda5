import type { ResultRecord } from '../../src/tasks/results/result-record.js';
import type { Exhibit } from './list.js';

/** Settings by the names that the command line has for them. */
const FLAGS: Readonly<Record<string, string>> = {
  preset: '--preset',
  size: '--size',
  styleSize: '--style-size',
  steps: '--steps',
  seed: '--seed',
  pooling: '--pooling',
  optimizer: '--optimizer',
  colours: '--colours',
  statistic: '--statistic',
  styleScale: '--style-scale',
  average: '--average',
  multiScale: '--multi-scale',
  seamless: '--seamless',
};

/** The command that makes an exhibit with the settings of its picture. */
export function commandOf({ name, content, styles, masks = [] }: Exhibit): string {
  const pictures = [
    ...(content === undefined ? [] : ['--content', `assets/photographs/${content}`]),
    ...styles.flatMap((style) => ['--style', `assets/${style}`]),
    ...masks.flatMap((mask) => ['--mask', `docs/gallery/masks/${mask}.png`]),
  ];
  return ['gramarye', content === undefined ? 'texture' : 'stylize', '--settings', `docs/gallery/${name}.png`, ...pictures, '--out', 'again.png'].join(' ');
}

/** What is chosen, in the words of the command line. */
function choiceOf({ settings, exact, blend }: ResultRecord): string {
  const flags = Object.entries(settings).flatMap(([name, value]) => {
    const flag = FLAGS[name];
    if (flag === undefined || value === null || value === false || (name === 'preset' && value === 'default') || (name === 'seed' && value === 0)) return [];
    return [value === true ? flag : `${flag} ${String(value)}`];
  });
  if (settings.contentStrength !== 1) flags.push(`--content-weight ${String(exact?.settings.contentWeight ?? settings.contentStrength)}`);
  if (settings.styleStrength !== 1) flags.push(`--style-weight ${String(exact?.settings.styleWeight ?? settings.styleStrength)}`);
  if (blend.length > 0) flags.push(`--style-blend ${blend.join(',')}`);
  return flags.length === 0 ? 'the preset as it is' : `\`${flags.join(' ')}\``;
}

/** The page of the gallery. */
export function pageOf(exhibits: readonly Exhibit[], records: ReadonlyMap<string, ResultRecord>): string {
  const rows = exhibits.map((exhibit) => {
    const record = records.get(exhibit.name);
    if (record === undefined) return [];
    const { content, styles, name, shows } = exhibit;
    const of = styles.map((style) => style.replace(/^.*\/|\.jpg$/g, '')).join(' and ');
    const subject = content === undefined ? of : `${content.replace('.jpg', '')} in ${of}`;
    return [`| ![${subject}](${name}.png) | **${shows}.** ${subject}; ${choiceOf(record)}<br><br>\`${commandOf(exhibit)}\` |`];
  });
  return `# Gallery

Made by \`npm run gallery\` (\`tools/gallery\`) from [photographs](../../assets/photographs/LICENCES.md) and [styles](../../assets/styles/README.md) that come with
the project, with the net \`vgg-lite\`. Every picture has its settings inside: drop one on the settings of an element, or give it to the command
line with \`--settings\`, and it can be made again. Other decoders of JPEG files and other adapters change last digits.

| picture | what it shows, how it is made |
|---|---|
${rows.flat().join('\n')}
`;
}
