/** Changed copies of training pictures. */
import { Philox } from '../../engine/random.js';
import { resample, resizeForNet } from '../mobilenet/net-input.js';
import type { Picture } from '../picture.js';
import type { FineTuneSettings } from './settings.js';

const AUGMENT_STREAM = 1_000_000;

type Row = readonly [number, number, number];

/** Turns colours about the grey axis by an angle in radians (Rodrigues' formula) and scales their distance from it. */
function colourMatrix(angle: number, saturation: number): readonly [Row, Row, Row] {
  const [cosine, sine] = [saturation * Math.cos(angle), (saturation * Math.sin(angle)) / Math.sqrt(3)];
  const own = (1 + 2 * cosine) / 3;
  const [before, after] = [(1 - cosine) / 3 - sine, (1 - cosine) / 3 + sine];
  return [
    [own, before, after],
    [after, own, before],
    [before, after, own],
  ];
}

function mixed([ofRed, ofGreen, ofBlue]: Row, red: number, green: number, blue: number): number {
  return Math.min(1, Math.max(0, ofRed * red + ofGreen * green + ofBlue * blue));
}

/** The picture at the net's size: copy 0 unchanged, the others changed in a way that seed, example and copy decide. */
export function pictureCopy(
  picture: Picture,
  settings: Pick<FineTuneSettings, 'augmentation' | 'seed' | 'size' | 'resize'>,
  example: number,
  copy: number,
): Picture {
  const { augmentation, seed, size, resize } = settings;
  const options = { size, resize, antialias: true };
  if (copy === 0) return resizeForNet(picture, options);
  const random = new Philox(seed, AUGMENT_STREAM + example * augmentation.copies + copy);
  const share = 1 - augmentation.zoom * random.nextUniform();
  const squashed = resize === 'squash';
  const side = Math.min(picture.height, picture.width);
  const height = share * (squashed ? picture.height : side);
  const width = share * (squashed ? picture.width : side);
  const top = (picture.height - height) * random.nextUniform();
  const left = (picture.width - width) * random.nextUniform();
  const changed = resample(picture, { height: size, width: size }, { antialias: true, region: { top, left, height, width } });
  const mirrors = augmentation.flip && random.nextUniform() < 0.5;
  const gain = 1 + augmentation.brightness * (2 * random.nextUniform() - 1);
  const [forRed, forGreen, forBlue] = colourMatrix(
    augmentation.colour * (2 * random.nextUniform() - 1),
    1 + augmentation.colour * (2 * random.nextUniform() - 1),
  );
  const data = new Float32Array(changed.data.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + (mirrors ? size - 1 - x : x)) * 3;
      const to = (y * size + x) * 3;
      const red = gain * (changed.data[from] ?? 0);
      const green = gain * (changed.data[from + 1] ?? 0);
      const blue = gain * (changed.data[from + 2] ?? 0);
      data[to] = mixed(forRed, red, green, blue);
      data[to + 1] = mixed(forGreen, red, green, blue);
      data[to + 2] = mixed(forBlue, red, green, blue);
    }
  }
  return { height: size, width: size, data };
}
