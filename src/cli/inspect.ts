/** `gramarye inspect`: reads the net in Node, for it needs neither a browser nor an adapter. */
import { netOf } from '../models/convert.js';
import { describeLayers, formatDescription, loadVgg } from '../models/index.js';
import { describeMobileNetV2 } from '../models/mobilenet/description.js';
import { loadMobileNet } from '../models/mobilenet/load.js';
import { diskSource } from './disk-source.js';
import { checkedNet } from './input-files.js';

/** The layers, shapes and parameters of a net as text. */
export async function inspect(argument: string, signal: AbortSignal): Promise<string> {
  const { name, isFile, path = name, preprocess } = checkedNet('The net', argument);
  if (!isFile) return describeVgg(await loadVgg(name, { signal }));
  const source = { ...diskSource(path, name), ...(preprocess === undefined ? {} : { preprocess }) };
  if ((await netOf(source, { signal })) === 'vgg19') return describeVgg(await loadVgg(source, { signal }));
  const { width, dense, units } = await loadMobileNet(source, { signal });
  const folded = units.every(({ batchNorm }) => batchNorm === undefined);
  const description = formatDescription({ ...describeMobileNetV2({ width, classes: dense?.classes, folded }), name });
  return [description, `Preprocessing: RGB in [-1, 1]`, ...(folded ? ['BatchNorm is folded into the convolutions.'] : [])].join('\n');
}

function describeVgg(net: Awaited<ReturnType<typeof loadVgg>>): string {
  return [formatDescription(describeLayers(net)), `Preprocessing: ${net.preprocess.name}`, ...net.notices].join('\n');
}
