import { QUICK } from '../../support/ui.js';

/** True when screenshots are made: then runs are long enough for a picture that is worth looking at. */
export const IS_FOR_SHOW = process.env.SCREENSHOTS === 'write';

/** What the studios of the gallery run with. */
export const STUDIO = IS_FOR_SHOW ? { ...QUICK, net: '/assets/models/vgg-lite/vgg-lite.safetensors', size: '128', 'style-size': '128', steps: '30' } : QUICK;

/** The same for a texture. */
export const TEXTURE = {
  net: STUDIO.net,
  size: STUDIO.size,
  'style-size': STUDIO['style-size'],
  steps: IS_FOR_SHOW ? '40' : '4',
  example: '/assets/photographs/gravel.jpg',
};
