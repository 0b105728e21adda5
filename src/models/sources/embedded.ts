/** The nets that come with Gramarye: what is known of them. Where their files are, embedded-urls.ts tells pages. */

/** An embedded net. */
export interface EmbeddedNet {
  readonly name: string;
  readonly net: 'vgg19' | 'mobilenet-v2';
  /** One sentence. */
  readonly summary: string;
  /** Path below `assets/models`. */
  readonly path: string;
  readonly licence: string;
}

/** All embedded nets. */
export const EMBEDDED_NETS: readonly EmbeddedNet[] = [
  {
    name: 'vgg-lite',
    net: 'vgg19',
    summary: 'VGG19 at a quarter of its width, distilled by us; the default for style transfer and textures.',
    path: 'vgg-lite/vgg-lite.safetensors',
    licence: 'CC BY 4.0',
  },
  {
    name: 'mobilenet-v2-oid',
    net: 'mobilenet-v2',
    summary: 'MobileNetV2 (width 1) without a classifier, trained for object detection on Open Images v4; BatchNorm folded.',
    path: 'mobilenet-v2-oid/model.safetensors',
    licence: 'Apache-2.0',
  },
];

/** The embedded net of a name, or undefined. */
export function findEmbedded(name: string): EmbeddedNet | undefined {
  return EMBEDDED_NETS.find((net) => net.name === name);
}
